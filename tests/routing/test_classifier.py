"""Learning intents and telling them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.messages import EXAMPLES, FOREIGN, WordVectors

from firstline.errors import SetupError, WorkspaceError
from firstline.knowledge import find_encoder
from firstline.routing.classifier import KEPT_FILES, Classifier, fitted

ENCODER = WordVectors()
WITH_VECTORS = Classifier.fit(EXAMPLES, ENCODER)
BY_WORDS = Classifier.fit(EXAMPLES, None)


def best(classifier: Classifier, text: str) -> str:
    """Return the most probable intent of a text."""
    vector = ENCODER.encode([text])[0] if classifier.encoder_name else None
    return str(classifier.classify(text, vector, ENCODER.encode).intents[0].intent)


def in_scope(classifier: Classifier, text: str) -> float:
    """Return how much a text looks like the company's business."""
    vector = ENCODER.encode([text])[0] if classifier.encoder_name else None
    return classifier.classify(text, vector, ENCODER.encode).in_scope


@pytest.mark.parametrize("classifier", [WITH_VECTORS, BY_WORDS])
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("export a board to CSV", "export_data"),
        ("please reset the password", "reset_password"),
        ("this invoice has a wrong charge", "billing_error"),
        ("invite my colleague to the team", "invite_member"),
    ],
)
def test_new_wording_is_recognised(classifier: Classifier, text: str, intent: str) -> None:
    """Messages that are not among the examples find their intent."""
    assert best(classifier, text) == intent


@pytest.mark.parametrize("classifier", [WITH_VECTORS, BY_WORDS])
def test_probabilities_are_ordered_and_sum_to_one(classifier: Classifier) -> None:
    """With no more than five intents all are told, best first, and the margin is their gap."""
    text = "invoice for my board"
    vector = ENCODER.encode([text])[0] if classifier.encoder_name else None
    told = classifier.classify(text, vector)
    chances = [score.probability for score in told.intents]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1.0)
    assert told.margin == pytest.approx(chances[0] - chances[1])


@pytest.mark.parametrize("classifier", [WITH_VECTORS, BY_WORDS])
def test_foreign_messages_look_less_in_scope(classifier: Classifier) -> None:
    """Every message about something else ranks below every message of the company's kind."""
    own = [in_scope(classifier, text) for text, _ in EXAMPLES[::4]]
    assert max(in_scope(classifier, text) for text in FOREIGN) < min(own)


def test_out_of_scope_examples_sharpen_the_scope() -> None:
    """Examples labelled oos are no intent, and pull messages like them out of scope."""
    told = Classifier.fit([*EXAMPLES, *((text, "oos") for text in FOREIGN)], ENCODER)
    assert told.labels == WITH_VECTORS.labels
    unlike = "Tell me a joke about invoice penguins in the mountains"
    assert in_scope(told, unlike) < in_scope(WITH_VECTORS, unlike)


def test_a_long_message_is_read_by_its_telling_sentence() -> None:
    """A request buried among other talk is found once sentences may be encoded."""
    talk = "We have lovely summer rain here and the garden is green again"
    message = f"{talk}. {talk} today. Please reset my password. {talk} tomorrow. {talk}."
    vector = ENCODER.encode([message])[0]
    whole = WITH_VECTORS.classify(message, vector)
    closer = WITH_VECTORS.classify(message, vector, ENCODER.encode)
    assert closer.intents[0].intent == "reset_password"
    assert closer.intents[0].probability > whole.intents[0].probability
    assert closer.in_scope > whole.in_scope


def test_typing_errors_are_read_through() -> None:
    """A mistyped message is told with nearly the certainty of the right one."""
    typed = "resett my pasword"
    vector = ENCODER.encode([typed])[0]
    without = WITH_VECTORS.classify(typed, vector).intents[0].probability
    told = WITH_VECTORS.classify(typed, vector, ENCODER.encode).intents[0]
    assert told.intent == "reset_password"
    assert told.probability > without


def test_a_short_message_needs_no_further_encoding() -> None:
    """A message of one well-spelt sentence is not encoded again."""
    text = "How can I reset my password?"
    vector = ENCODER.encode([text])[0]
    before = len(ENCODER.encoded)
    WITH_VECTORS.classify(text, vector, ENCODER.encode)
    assert len(ENCODER.encoded) == before


@pytest.mark.parametrize("text", ["", "   \n", "?!…", "🙂"])
def test_a_message_without_words_is_nothing(text: str) -> None:
    """Without words every intent is as likely as the next, and nothing is in scope."""
    told = WITH_VECTORS.classify(text, ENCODER.encode([text])[0])
    assert told.in_scope == 0.0
    assert told.margin == 0.0
    assert told.intents[0].probability == pytest.approx(1 / 4)


def test_without_a_vector_words_decide() -> None:
    """A classifier with vectors still works on a machine whose encoder failed."""
    assert WITH_VECTORS.classify("reset my password", None).intents[0].intent == "reset_password"


def test_a_vector_of_another_encoder_is_refused() -> None:
    """A vector of another width is a programming error that says so."""
    with pytest.raises(ValueError, match=r"shape \(3,\).*\(96,\)"):
        WITH_VECTORS.classify("reset", np.zeros(3, dtype=np.float32))


@given(st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_text_is_told(text: str) -> None:
    """No text breaks the classifier, and all figures stay within their ranges."""
    for told in (
        WITH_VECTORS.classify(text, ENCODER.encode([text])[0], ENCODER.encode),
        BY_WORDS.classify(text, None),
    ):
        assert 0 <= told.in_scope <= 1
        assert 0 <= told.margin <= 1
        assert all(0 <= score.probability <= 1 for score in told.intents)


# --- odd sets of examples -------------------------------------------------------------------


@pytest.mark.parametrize("encoder", [ENCODER, None])
def test_one_example_of_each_intent_is_enough(encoder: WordVectors | None) -> None:
    """With a single example each, intents are told apart."""
    classifier = Classifier.fit(EXAMPLES[::5], encoder)
    assert best(classifier, "export my board to CSV") == "export_data"


@pytest.mark.parametrize("encoder", [ENCODER, None])
def test_names_stand_in_for_examples(encoder: WordVectors | None) -> None:
    """The words of an intent's name are as good as an example."""
    examples = [("Where is it?", "parcel_tracking"), ("What about this?", "gift_voucher")]
    classifier = Classifier.fit(examples, encoder)
    assert best(classifier, "my gift voucher") == "gift_voucher"


@pytest.mark.parametrize("encoder", [ENCODER, None])
@pytest.mark.parametrize("label", ["export_data", "x1"])
def test_a_single_intent_is_certain_of_itself(encoder: WordVectors | None, label: str) -> None:
    """With one intent its probability says nothing, its scope does."""
    examples = [(text, label) for text, intent in EXAMPLES if intent == "export_data"]
    classifier = Classifier.fit(examples, encoder)
    assert best(classifier, "anything") == label
    assert in_scope(classifier, "export my board to CSV") > in_scope(classifier, FOREIGN[0])


@pytest.mark.parametrize("encoder", [ENCODER, None])
def test_two_intents_are_told_apart(encoder: WordVectors | None) -> None:
    """Two intents, which linear models describe by a single row, work in both directions."""
    examples = [pair for pair in EXAMPLES if pair[1] in ("export_data", "reset_password")]
    classifier = Classifier.fit(examples, encoder)
    assert best(classifier, "download the board") == "export_data"
    assert best(classifier, "wrong password") == "reset_password"


@pytest.mark.parametrize("encoder", [ENCODER, None])
def test_a_rare_intent_survives_a_common_one(encoder: WordVectors | None) -> None:
    """Three examples hold their own against four hundred."""
    common = [(f"Where is parcel number {n} that I ordered", "track_parcel") for n in range(400)]
    rare = [(text, label) for text, label in EXAMPLES if label == "reset_password"][:3]
    classifier = Classifier.fit([*common, *rare], encoder)
    assert best(classifier, "please reset my password") == "reset_password"
    assert best(classifier, "where is my parcel") == "track_parcel"


def test_empty_and_repeated_examples_change_nothing() -> None:
    """Duplicates, also with other spacing, and examples without words are dropped."""
    padded = [*EXAMPLES, *((f" {text} ", label) for text, label in EXAMPLES), ("", "x"), ("?", "y")]
    again = Classifier.fit(padded, ENCODER)
    text = "invite someone"
    vector = ENCODER.encode([text])[0]
    assert again.classify(text, vector) == WITH_VECTORS.classify(text, vector)


def test_the_same_text_in_two_intents_is_shared() -> None:
    """An example claimed by two intents makes both likely instead of failing."""
    examples = [*EXAMPLES, ("close my account", "close_it"), ("close my account", "pause_it")]
    text = "close my account"
    told = Classifier.fit(examples, ENCODER).classify(text, ENCODER.encode([text])[0])
    assert {score.intent for score in told.intents[:2]} == {"close_it", "pause_it"}


@pytest.mark.parametrize("encoder", [ENCODER, None])
def test_languages_beside_english_are_learnt(encoder: WordVectors | None) -> None:
    """Examples in any script are read like English ones."""
    examples = [
        ("Как сбросить пароль?", "password"),
        ("Ich habe mein Passwort vergessen", "password"),
        ("請求書の金額が違います", "invoice"),
        ("Die Rechnung ist zu hoch", "invoice"),
    ]
    classifier = Classifier.fit(examples, encoder)
    assert best(classifier, "пароль не подходит") == "password"
    assert best(classifier, "meine Rechnung") == "invoice"


@pytest.mark.parametrize("examples", [[], [("", "a")], [("Hello there", "oos")]])
def test_nothing_to_learn_is_named(examples: list[tuple[str, str]]) -> None:
    """Without one example of an intent the operator is told what to add."""
    with pytest.raises(WorkspaceError, match=r"no intent has an example.*intents\.yaml"):
        Classifier.fit(examples, ENCODER)


def test_learning_twice_gives_the_same() -> None:
    """The same examples give the same classifier, to the last digit."""
    text = "my board and my invoice"
    vector = ENCODER.encode([text])[0]
    again = Classifier.fit(EXAMPLES, WordVectors())
    assert again.classify(text, vector) == WITH_VECTORS.classify(text, vector)


def test_progress_is_told_to_the_end() -> None:
    """Progress rises to its total."""
    steps: list[tuple[int, int]] = []
    Classifier.fit(EXAMPLES, None, progress=lambda done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == list(range(steps[-1][1] + 1))


# --- the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("classifier", [WITH_VECTORS, BY_WORDS])
def test_a_loaded_classifier_says_the_same(classifier: Classifier, tmp_path: Path) -> None:
    """Saving and loading changes nothing, and leaves no other file behind."""
    path = tmp_path / "deep" / "classifier.npz"
    classifier.save(path)
    loaded = Classifier.load(path)
    text = "invite to the board"
    vector = ENCODER.encode([text])[0]
    assert loaded.labels == classifier.labels
    assert loaded.encoder_name == classifier.encoder_name
    assert loaded.classify(text, vector) == classifier.classify(text, vector)
    assert list(path.parent.iterdir()) == [path]


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    """The cache repairs itself, whatever the damage."""
    fitted(EXAMPLES, ENCODER, tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", b"nonsense", whole[: len(whole) // 2], whole[:-900] + b"\0" * 900):
        path.write_bytes(damaged)
        assert best(fitted(EXAMPLES, ENCODER, tmp_path), "reset password") == "reset_password"
        assert path.read_bytes() == whole


def test_loading_damage_says_what_to_do(tmp_path: Path) -> None:
    """A file that is not a classifier is named, with the fix; a pickled one is not run."""
    path = tmp_path / "classifier.npz"
    np.savez(path, facts=np.array([{"algorithm": "1"}], dtype=object))
    with pytest.raises(SetupError, match=r"classifier\.npz.*Remove it"):
        Classifier.load(path)
    with pytest.raises(SetupError, match="cannot be read"):
        Classifier.load(tmp_path / "absent.npz")


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    """A folder that is a file is reported, not swallowed."""
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(SetupError, match="cannot be written"):
        fitted(EXAMPLES, None, tmp_path / "models")


def test_the_cache_is_used_until_something_changes(tmp_path: Path) -> None:
    """The same examples are not encoded twice; others, or another encoder, are."""
    encoder = WordVectors()
    fitted(EXAMPLES, encoder, tmp_path)
    learnt = len(encoder.encoded)
    fitted(EXAMPLES, encoder, tmp_path)
    assert len(encoder.encoded) == learnt
    fitted(EXAMPLES[1:], encoder, tmp_path)
    assert len(encoder.encoded) > learnt
    assert fitted(EXAMPLES, None, tmp_path).encoder_name is None


def test_old_cache_files_are_removed(tmp_path: Path) -> None:
    """A folder holds the latest few classifiers, and other files are left alone."""
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    for count in range(2, KEPT_FILES + 4):
        fitted(EXAMPLES[:count], None, tmp_path)
    assert len(list(tmp_path.glob("classifier-*.npz"))) == KEPT_FILES
    assert other.is_file()


def test_classifying_does_not_load_the_learning_library(tmp_path: Path) -> None:
    """A process that finds its classifier in the cache imports neither scikit-learn nor scipy."""
    BY_WORDS.save(tmp_path / "classifier.npz")
    code = (
        "import sys, json, pathlib\n"
        "from firstline.routing.classifier import Classifier\n"
        "told = Classifier.load(pathlib.Path(sys.argv[1])).classify('reset my password', None)\n"
        "heavy = sorted({'sklearn', 'scipy'} & set(sys.modules))\n"
        "print(json.dumps([told.intents[0].intent, heavy]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "classifier.npz")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == ["reset_password", []]


# --- public data ------------------------------------------------------------------------------


def test_insurance_tickets_find_their_category(shared_data: Path) -> None:
    """On long real tickets with seven examples a category, nearly all are told right."""
    encoder = find_encoder()
    if encoder is None:
        pytest.skip("there is no sentence encoder on this machine")
    folder = shared_data / "routing_insurance_tickets"
    if not folder.is_dir():
        pytest.skip("routing_insurance_tickets is not among the data sets")
    rows = [json.loads(line) for line in (folder / "data.jsonl").read_text().splitlines()]
    examples = [(row["text"], row["label"]) for row in rows if row["part"] == "train"]
    classifier = Classifier.fit(examples, encoder)
    tests = [row for row in rows if row["part"] == "test"]
    right = [
        classifier.classify(row["text"], encoder.encode([row["text"]])[0], encoder.encode)
        .intents[0]
        .intent
        == row["label"]
        for row in tests
    ]
    assert np.mean(right) >= 0.9
