"""Certifying "no model needed" for routing, on messages whose intent is known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from firstline.desk.build import Opened
from firstline.desk.route_trust import certify_routes
from firstline.desk.trust_records import Asked
from firstline.errors import InputError
from firstline.evals.route import RouteCase
from firstline.knowledge import Knowledge, SyncReport
from firstline.pipeline.parts import NoHistory, Parts
from firstline.records import OUT_OF_SCOPE
from firstline.routing import Classifier
from firstline.store import open_database
from firstline.store.certificates import CertificateBook
from firstline.store.labels import valid_certificates
from firstline.trust.certificate import Certificate, Refusal
from firstline.workspace import load

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ASKED = Asked(alpha=0.05, delta=0.05, valid_days=90, now=NOW)
WORDS = {
    "export_data": ("export", "csv", "download", "spreadsheet", "backup"),
    "import_data": ("import", "upload", "migrate", "trello", "load"),
    "boards_and_cards": ("board", "card", "label", "calendar", "archive"),
}
FOREIGN = ("weather", "football", "recipe", "horoscope", "lottery")
FILL = ("please", "how", "can", "i", "we", "today", "the", "my", "our", "with", "a", "for")


def sentence(draw: random.Random, words: tuple[str, ...], clear: float) -> str:
    """Return a message; `clear` is the share of its words that tell its intent."""
    chosen = [draw.choice(words) if draw.random() < clear else draw.choice(FILL) for _ in range(7)]
    return f"{' '.join(chosen)} {draw.randrange(10**6)}"


def messages(count: int, seed: int, *, clear: float = 0.6) -> list[RouteCase]:
    """Return messages with their intents, one in ten of them out of scope."""
    draw = random.Random(seed)  # noqa: S311 - drawing test messages
    found = []
    for _ in range(count):
        if draw.random() < 0.1:
            found.append(RouteCase(text=sentence(draw, FOREIGN, clear), label=OUT_OF_SCOPE))
        else:
            label = draw.choice(sorted(WORDS))
            found.append(RouteCase(text=sentence(draw, WORDS[label], clear), label=label))
    return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Return a company that has learnt from such messages, without an encoder."""
    learn = [(one.text, one.label) for one in messages(240, 1) if one.label != OUT_OF_SCOPE]
    knowledge = Knowledge.open(tmp_path_factory.mktemp("routes") / "knowledge.db", None)
    workspace = load(ACME)
    parts = Parts(
        workspace=workspace,
        knowledge=knowledge,
        classifier=Classifier.fit(learn, None),
        customers=None,
        encode=None,
        history=NoHistory(),
        now=lambda: NOW,
    )
    synced = SyncReport(added=0, changed=0, removed=0, unchanged=0, passages=0)
    yield Opened(workspace=workspace, encoder=None, parts=parts, synced=synced, problems=())
    knowledge.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """Return an empty database."""
    opened = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    yield opened
    opened.dispose()


def test_clear_messages_need_no_model(engine: sa.Engine, company: Opened) -> None:
    """A certificate, what came true on the messages held out, and no right to send anything."""
    found = certify_routes(engine, company, messages(1_500, 2), ASKED)
    given = found.outcome
    assert isinstance(given, Certificate), given
    assert given.bound <= 0.05
    assert found.held_out is not None
    assert found.held_out.routed > 100
    assert found.held_out.wrong / found.held_out.routed <= 0.05
    assert valid_certificates(engine) == ()
    assert CertificateBook(engine).valid("route") == (given,)
    again = certify_routes(engine, company, messages(1_500, 2), ASKED)
    assert (again.outcome, again.look) == (given, 1)
    written = again.as_json()
    assert written["certificate"]["id"] == given.id
    assert written["held_out"]["routed"] == found.held_out.routed


def test_the_bound_holds_on_messages_never_seen(tmp_path: Path, company: Opened) -> None:
    """Of ten sets of messages hardly one breaks the promise on its held-out part, noise apart."""
    broken = given = 0
    for seed in range(10):
        # A database each: looks at other messages would count as well.
        engine = open_database(f"sqlite:///{tmp_path / f'{seed}.db'}")
        found = certify_routes(engine, company, messages(700, 100 + seed, clear=0.35), ASKED)
        engine.dispose()
        held = found.held_out
        if held is not None and held.routed:
            given += 1
            broken += bool(held.wrong / held.routed > 0.05 + 2 * np.sqrt(0.05 / held.routed))
    assert given >= 5
    assert broken <= 1


def test_few_or_muddled_messages_are_refused(engine: sa.Engine, company: Opened) -> None:
    """Too few say how many more; messages without a clue show nothing."""
    few = certify_routes(engine, company, messages(60, 3), ASKED)
    assert isinstance(few.outcome, Refusal)
    assert few.outcome.code == "too_few"
    assert (few.look, few.held_out) == (0, None)
    muddled = certify_routes(engine, company, messages(1_000, 4, clear=0.02), ASKED)
    assert isinstance(muddled.outcome, Refusal)
    assert muddled.outcome.code == "not_shown"
    assert muddled.as_json()["missing"]["code"] == "not_shown"


def test_known_and_repeated_messages_prove_nothing(engine: sa.Engine, company: Opened) -> None:
    """The company's own examples and what came before are left out, and counted."""
    example = company.workspace.intents[0].examples[0]
    cases = [
        *messages(30, 5),
        *messages(30, 5),
        RouteCase(text=example.upper(), label="export_data"),
    ]
    found = certify_routes(engine, company, cases, ASKED)
    assert (found.count, found.repeated, found.taught) == (30, 30, 1)


def test_a_company_without_examples_has_nothing_to_certify(
    engine: sa.Engine, company: Opened
) -> None:
    """It is told what to add."""
    without = replace(company, parts=replace(company.parts, classifier=None))
    with pytest.raises(InputError, match="no examples"):
        certify_routes(engine, without, messages(5, 1), ASKED)
