"""Tests of firstline.knowledge.search, index and schema."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstline.errors import SetupError
from firstline.knowledge import Document, Knowledge, SearchResult
from firstline.knowledge import schema as schema_module
from firstline.records import EvidenceId

Make = Callable[..., Document]


@pytest.fixture(name="articles")
def _articles(document: Make) -> list[Document]:
    return [
        document("export", "Open the board menu and press Export. A CSV file is made."),
        document("refund", "Refunds are paid to the card within five days."),
        document("cancel", "You can cancel your subscription under Billing."),
        document("staff", "Waive the fee after two complaints.", audience="internal"),
        document("old", "Refunds are paid within ninety days.", superseded_by="refund"),
    ]


def found(result: SearchResult) -> list[str]:
    """Return the documents of the hits, best first."""
    return [str(hit.passage.document) for hit in result.hits]


def test_the_best_passage_comes_first(knowledge: Knowledge, articles: list[Document]) -> None:
    """Words and meaning both find the right article."""
    knowledge.sync(articles)
    assert found(knowledge.search("export a board"))[0] == "export"
    assert found(knowledge.search("terminate my subscription"))[0] == "cancel"
    hit = knowledge.search("When are refunds paid to my card?").hits[0]
    assert hit.passage.id == "refund#1"
    assert hit.passage.text == "Refunds are paid to the card within five days."
    assert hit.lexical == pytest.approx(1)
    assert hit.score > hit.cosine > 0


def test_no_more_than_k(knowledge: Knowledge, articles: list[Document]) -> None:
    """Search returns k passages at most, in order of score."""
    knowledge.sync(articles)
    hits = knowledge.search("refunds and the board", k=2).hits
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score
    assert knowledge.search("refunds", k=0).hits == ()


def test_customers_never_get_internal_or_superseded(
    knowledge: Knowledge, articles: list[Document]
) -> None:
    """The public sees neither, however many passages are asked for; staff may see all."""
    knowledge.sync(articles)
    query = "Waive the fee after complaints, refunds within ninety days"
    assert set(found(knowledge.search(query, k=50))) == {"export", "refund", "cancel"}
    assert found(knowledge.search(query, k=50, audience="internal")) == ["staff"]
    assert set(found(knowledge.search(query, k=50, audience=None))) == {
        "export",
        "refund",
        "cancel",
        "staff",
        "old",
    }


def test_answerable_tells_known_from_unknown(
    knowledge: Knowledge, articles: list[Document]
) -> None:
    """A question about an article is far more answerable than one about nothing here."""
    knowledge.sync(articles)
    known = knowledge.search("Can I cancel my subscription under billing?").answerable
    unknown = knowledge.search("Which zeppelin flies to Oslo tomorrow?").answerable
    assert 0 <= unknown < 0.3
    assert 0.7 < known <= 1


def test_what_only_staff_may_see_does_not_make_an_answer(
    knowledge: Knowledge, articles: list[Document]
) -> None:
    """Answerable counts visible passages only."""
    knowledge.sync(articles)
    query = "Waive the fee after two complaints"
    assert knowledge.search(query).answerable < knowledge.search(query, audience=None).answerable


@pytest.mark.parametrize("query", ["", "how do I", '" OR NEAR( *', "\x00\ud800", "ä" * 20_000])
def test_any_query_is_safe(knowledge: Knowledge, articles: list[Document], query: str) -> None:
    """Empty, hostile and endless queries give a result, not an error."""
    knowledge.sync(articles)
    assert 0 <= knowledge.search(query).answerable <= 1


def test_an_empty_index_answers_nothing(knowledge: Knowledge) -> None:
    """Before the first sync there are no hits."""
    assert knowledge.search("export") == SearchResult(hits=(), answerable=0.0)


def test_a_vector_may_be_given(knowledge: Knowledge, articles: list[Document]) -> None:
    """A query encoded before is not encoded again, and ranks the same."""
    knowledge.sync(articles)
    encoder = knowledge.encoder
    assert encoder is not None
    vector = encoder.encode(["export a board"])[0]
    count = len(encoder.encoded)  # type: ignore[attr-defined]  # the fixture's encoder counts
    given_vector = knowledge.search("export a board", vector=vector)
    assert len(encoder.encoded) == count  # type: ignore[attr-defined]  # as above
    assert given_vector == knowledge.search("export a board")


def test_sync_reports_and_is_incremental(
    knowledge: Knowledge, articles: list[Document], document: Make
) -> None:
    """Only what is new or changed is encoded, and the report counts documents."""
    encoder: Any = knowledge.encoder
    first = knowledge.sync(articles)
    assert (first.added, first.changed, first.removed, first.unchanged) == (5, 0, 0, 0)
    assert first.passages == 5
    encoder.encoded.clear()
    again = knowledge.sync(articles)
    assert (again.added, again.unchanged) == (0, 5)
    assert encoder.encoded == []
    changed = [document("export", "Press Share instead."), document("new", "Hello."), *articles[2:]]
    report = knowledge.sync(changed)
    assert (report.added, report.changed, report.removed, report.unchanged) == (1, 1, 1, 3)
    assert len(encoder.encoded) == 2
    assert knowledge.search("Share").hits[0].passage.text == "Press Share instead."


def test_progress_counts_passages(knowledge: Knowledge, document: Make) -> None:
    """Progress is told after every batch, up to the total."""
    calls: list[tuple[int, int]] = []
    documents = [document(f"d{n}", f"Text number {n}.") for n in range(70)]
    knowledge.sync(documents, lambda done, total: calls.append((done, total)))
    assert calls == [(64, 70), (70, 70)]


def test_a_removed_document_is_gone_at_once_for_everyone(
    knowledge: Knowledge, articles: list[Document], tmp_path: Path
) -> None:
    """Another connection that holds the index open does not find it either."""
    knowledge.sync(articles)
    other = Knowledge.open(tmp_path / "knowledge.db", knowledge.encoder)
    assert "export" in found(other.search("export a board"))
    knowledge.sync(articles[1:])
    assert "export" not in found(other.search("export a board", k=50))
    assert other.passage(EvidenceId("export#1")) is None
    other.close()


def test_another_process_sees_changes(
    knowledge: Knowledge, articles: list[Document], tmp_path: Path
) -> None:
    """A sync in another process is seen by the next search in this one."""
    knowledge.sync(articles)
    assert found(knowledge.search("export a board"))[0] == "export"
    program = (
        "import sys; from pathlib import Path; from firstline.knowledge import Knowledge; "
        "k = Knowledge.open(Path(sys.argv[1]), None); k.sync([]); k.close()"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "knowledge.db")], check=True)
    assert knowledge.search("export a board", k=50, audience=None).hits == ()


def test_deletions_and_secrets_do_not_wait_for_the_encoder(
    articles: list[Document], tmp_path: Path, word_encoder: Any, document: Make
) -> None:
    """While new passages are still being encoded, what was withdrawn is already hidden."""
    seen: list[list[str]] = []

    class Slow(word_encoder):  # type: ignore[misc]  # a class from a fixture
        def encode(self, texts: Any) -> Any:
            if any("Brand new" in text for text in texts):
                seen.append(found(reader.search("refunds, export", k=50)))
            return super().encode(texts)

    encoder = Slow()
    reader = Knowledge.open(tmp_path / "slow.db", encoder)
    reader.sync(articles)
    secret = document("refund", "Refunds are now secret.", audience="internal")
    writer = Knowledge.open(tmp_path / "slow.db", encoder)
    writer.sync([secret, *articles[2:], document("new", "Brand new words.")])
    assert seen == [["cancel"]]
    reader.close()
    writer.close()


def test_old_versions_stay_readable(knowledge: Knowledge, document: Make) -> None:
    """A passage can be read as it was, after a change and after a deletion."""
    name = EvidenceId("fees#1")
    knowledge.sync([document("fees", "The fee is five dollars.")])
    before = knowledge.passage(name)
    assert before is not None
    knowledge.sync([document("fees", "The fee is six dollars.")])
    after = knowledge.passage(name)
    assert after is not None
    assert (before.text, after.text) == ("The fee is five dollars.", "The fee is six dollars.")
    knowledge.sync([])
    assert knowledge.passage(name) is None
    assert knowledge.passage(name, before.version) == before
    assert knowledge.passage(name, after.version) == after
    assert knowledge.passage(name, "unknown") is None


def test_a_text_that_returns_is_found_again(knowledge: Knowledge, document: Make) -> None:
    """Undoing a change brings the old passage back to life."""
    one, two = document("a", "Five dollars."), document("a", "Six dollars.")
    for version in (one, two, one):
        knowledge.sync([version])
        assert knowledge.search("dollars").hits[0].passage.text == version.text


def test_a_change_of_audience_alone_counts(knowledge: Knowledge, document: Make) -> None:
    """Making a document internal hides it though its words are the same."""
    knowledge.sync([document("a", "Five dollars.")])
    assert found(knowledge.search("dollars")) == ["a"]
    knowledge.sync([document("a", "Five dollars.", audience="internal")])
    assert found(knowledge.search("dollars")) == []


def test_documents_are_listed(knowledge: Knowledge, articles: list[Document]) -> None:
    """The list says what the index holds, by id."""
    knowledge.sync(articles)
    listed = knowledge.documents()
    assert [entry.id for entry in listed] == ["cancel", "export", "old", "refund", "staff"]
    assert [entry.audience for entry in listed].count("internal") == 1
    assert listed[2].superseded_by == "refund"
    assert all(entry.passages == 1 and entry.version for entry in listed)


@pytest.fixture(name="lexical")
def _lexical(tmp_path: Path, articles: list[Document]) -> Iterator[Knowledge]:
    knowledge = Knowledge.open(tmp_path / "lexical.db", None)
    knowledge.sync(articles)
    yield knowledge
    knowledge.close()


def test_without_an_encoder_words_are_enough(lexical: Knowledge) -> None:
    """Words alone find the article, judge the question, and find nothing for unknown words."""
    result = lexical.search("When are refunds paid to my card?")
    assert found(result)[0] == "refund"
    assert result.hits[0].cosine == 0
    assert result.answerable > 0.5
    assert lexical.search("zeppelin") == SearchResult(hits=(), answerable=0.0)
    assert lexical.search("waive fee", k=50).hits == ()


def test_an_encoder_added_later_fills_in_the_vectors(
    lexical: Knowledge, articles: list[Document], tmp_path: Path, word_encoder: Any
) -> None:
    """Until the next sync words decide; after it meaning counts, though no document changed."""
    encoder = word_encoder("cancel terminate")
    knowledge = Knowledge.open(tmp_path / "lexical.db", encoder)
    assert found(knowledge.search("terminate")) == []
    report = knowledge.sync(articles)
    assert report.unchanged == 5
    assert found(knowledge.search("terminate"))[0] == "cancel"
    assert found(lexical.search("cancel")) == ["cancel"]
    knowledge.close()


def test_two_encoders_never_mix(
    tmp_path: Path, articles: list[Document], word_encoder: Any
) -> None:
    """Vectors of another encoder are not compared, even if they have the same length."""

    class Other(word_encoder):  # type: ignore[misc]  # a class from a fixture
        name = "words-2"

    first = Knowledge.open(tmp_path / "k.db", word_encoder())
    first.sync(articles)
    second = Knowledge.open(tmp_path / "k.db", Other())
    assert all(hit.cosine == 0 for hit in second.search("export").hits)
    second.sync(articles)
    assert second.search("export").hits[0].cosine != 0
    first.close()
    second.close()


def test_threads_share_one_index(knowledge: Knowledge, articles: list[Document]) -> None:
    """Searches from many threads during syncs always see whole states."""
    knowledge.sync(articles)

    def ask(number: int) -> set[str]:
        if number % 10 == 0:
            knowledge.sync(articles if number % 20 else articles[1:])
        return set(found(knowledge.search("export the board", k=50)))

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(60)))
    assert all(
        {"refund", "cancel"} <= answer <= {"refund", "cancel", "export"} for answer in answers
    )


def test_several_may_create_the_file_at_once(tmp_path: Path, articles: list[Document]) -> None:
    """Opening and filling a new index from many sides ends in one whole index."""

    def fill(_: int) -> int:
        knowledge = Knowledge.open(tmp_path / "new.db", None)
        report = knowledge.sync(articles)
        knowledge.close()
        return report.passages

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(fill, range(8))) == {5}


def test_an_interrupted_sync_goes_on_where_it_was(
    tmp_path: Path, document: Make, word_encoder: Any
) -> None:
    """Vectors of finished batches are kept, and nothing half-done is found."""
    encoder = word_encoder()
    documents = [document(f"d{n}", f"Text number {n}.") for n in range(100)]
    knowledge = Knowledge.open(tmp_path / "k.db", encoder)

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        knowledge.sync(documents, stop)
    assert knowledge.search("text").hits == ()
    encoder.encoded.clear()
    assert knowledge.sync(documents).passages == 100
    assert len(encoder.encoded) == 36
    knowledge.close()


def test_another_schema_version_is_rebuilt(
    tmp_path: Path, articles: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index of another version is emptied and filled again from the documents."""
    path = tmp_path / "k.db"
    knowledge = Knowledge.open(path, None)
    knowledge.sync(articles)
    knowledge.close()
    monkeypatch.setattr(schema_module, "VERSION", schema_module.VERSION + 1)
    knowledge = Knowledge.open(path, None)
    assert knowledge.documents() == ()
    assert knowledge.sync(articles).added == 5
    knowledge.close()


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    """The error names the file and says that it may be removed."""
    path = tmp_path / "k.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(SetupError, match="may be removed") as caught:
        Knowledge.open(path, None)
    assert caught.value.place.file == str(path)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """The error is ours when the workspace's data folder cannot be made."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be used"):
        Knowledge.open(tmp_path / "file" / "k.db", None)


def test_unused_vectors_are_dropped(knowledge: Knowledge, document: Make, tmp_path: Path) -> None:
    """The vectors of passages that ended do not pile up; shared ones stay."""
    knowledge.sync([document("a", "Same.", title="T"), document("b", "Same.", title="T")])
    knowledge.sync([document("a", "Same.", title="T"), document("c", "Other.")])
    db = sqlite3.connect(tmp_path / "knowledge.db")
    assert db.execute("SELECT count(*) FROM vectors").fetchone()[0] == 2
    db.close()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["one", "two", "three"])),
        min_size=1,
        max_size=4,
    )
)
def test_the_index_always_says_what_the_last_sync_said(
    tmp_path: Path, document: Make, steps: list[dict[str, str]]
) -> None:
    """After any series of syncs, search finds the last documents and nothing else."""
    knowledge = Knowledge.open(tmp_path / "any.db", None)
    for step in steps:
        knowledge.sync([document(name, f"Words {text}.") for name, text in step.items()])
    hits = knowledge.search("words", k=50).hits
    texts = {str(hit.passage.document): hit.passage.text for hit in hits}
    assert texts == {name: f"Words {text}." for name, text in steps[-1].items()}
    assert {entry.id for entry in knowledge.documents()} == set(steps[-1])
    knowledge.close()


def test_earlier_wordings_are_kept_apart_from_what_stands(
    knowledge: Knowledge, document: Make
) -> None:
    """A document's versions are those that stand, then those that ended, the latest first."""
    assert knowledge.versions("refund") == ()
    knowledge.sync([document("refund", "Within five days."), document("export", "As CSV.")])
    knowledge.sync([document("refund", "Within nine days.")])
    now, before = knowledge.versions("refund")
    assert (now.passage.text, now.ended_at) == ("Within nine days.", None)
    assert before.passage.text == "Within five days."
    assert before.ended_at is not None
    assert [one.ended_at is None for one in knowledge.versions("export")] == [False]


def test_meaning_is_found_by_the_real_encoder(encoder: Any, tmp_path: Path, document: Make) -> None:
    """A question without a word of the article finds it, and an unrelated one is unanswerable."""
    knowledge = Knowledge.open(tmp_path / "real.db", encoder)
    knowledge.sync(
        [
            document("refunds", "We pay the amount back to your card.", title="Refunds"),
            document("export", "Download all cards as CSV.", title="Export a board"),
            document(
                "sso", "Sign in with your company's identity provider.", title="Single sign-on"
            ),
        ]
    )
    result = knowledge.search("I want my money back")
    assert found(result)[0] == "refunds"
    unrelated = knowledge.search("What is the tallest mountain in Peru?")
    assert unrelated.answerable < 0.2 < result.answerable
    vector = encoder.encode(["I want my money back"])[0]
    assert np.isclose(knowledge.search("x", vector=vector).hits[0].cosine, result.hits[0].cosine)
    knowledge.close()
