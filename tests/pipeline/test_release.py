"""What may go out: the stricter always wins, and only a valid certificate certifies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.pipeline.gate import Case, gate
from firstline.pipeline.release import (
    RELEASING,
    Proofs,
    Release,
    Stopped,
    Trip,
    release_of,
    strictness,
)
from firstline.records import Intent, Language, Verdict, encode
from firstline.store.autonomy import Change
from firstline.trust.certificate import Basis, Certificate, Scope
from firstline.workspace import Autonomy, parse_autonomy
from tests.builders import a_context, a_draft, a_route, a_ticket, passed
from tests.pipeline.test_gate import a_workspace

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = NOW.date()
EXPORT = Intent("export_data")
STOPPED = Stopped(since=NOW, by="ana", why="wrong steps")
BASIS = Basis(models="none", prompts="p1", knowledge="k1", checks="c1", score="prior-1")
LEVELS = ("off", "shadow", "review", "certified", "percent:1", "percent:50", "percent:100")


def level(written: str) -> Autonomy:
    """Return a level as an operator writes it."""
    found = parse_autonomy(written)
    assert found is not None
    return found


def a_certificate(**changes: Any) -> Certificate:
    """Return a certificate for everything about exports, valid today."""
    given_: dict[str, Any] = {
        "scope": Scope(name="how-to", intents=(EXPORT,)),
        "alpha": 0.02,
        "delta": 0.05,
        "threshold": 0.5,
        "count": 400,
        "errors": 1,
        "bound": 0.012,
        "coverage": 0.6,
        "basis": BASIS,
        "issued": date(2026, 11, 1),
        "expires": date(2027, 1, 30),
    }
    return Certificate(**(given_ | changes))


def certified(*certificates: Certificate, basis: Basis | None = BASIS) -> Release:
    """Return a release with these certificates."""
    return Release(today=TODAY, proofs=Proofs(certificates=certificates, basis=basis))


def decide(release: Release | None, autonomy: str = "certified", **changes: Any) -> Verdict:
    """Return the verdict about a good answer at a level of the files."""
    fields: dict[str, Any] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(),
        "draft": a_draft(),
        "findings": passed(),
        "workspace": a_workspace(level(autonomy)),
        "release": release,
    }
    return gate(Case(**(fields | changes)))


def test_a_valid_certificate_sends_and_is_named() -> None:
    """A reply that scores above the threshold leaves, and its verdict names the certificate."""
    certificate = a_certificate()
    verdict = decide(certified(certificate))
    assert verdict.action == "send"
    assert verdict.reasons[0].code == "certified"
    assert verdict.certificate == certificate.id
    assert verdict.score >= certificate.threshold


HELD = {
    "nothing was ever shown": (Release(today=TODAY), "no_certificate", "no certificate"),
    "no release at all": (None, "no_certificate", "no certificate"),
    "it is about another intent": (
        certified(a_certificate(scope=Scope(name="x", intents=(Intent("refunds"),)))),
        "no_certificate",
        "no certificate",
    ),
    "it is about another channel": (
        certified(a_certificate(scope=Scope(name="x", intents=(EXPORT,), channel="email"))),
        "no_certificate",
        "no certificate",
    ),
    "the knowledge changed": (
        certified(a_certificate(), basis=replace(BASIS, knowledge="k2")),
        "certificate_void",
        "knowledge changed since",
    ),
    "it expired": (
        certified(a_certificate(expires=date(2026, 11, 22))),
        "certificate_void",
        "expired on 2026-11-22",
    ),
    "nobody knows what is in use": (
        certified(a_certificate(), basis=None),
        "certificate_void",
        "cannot be told",
    ),
    "the score is too low": (certified(a_certificate(threshold=0.999)), "below_threshold", "0.999"),
}


@pytest.mark.parametrize("name", HELD)
def test_what_is_not_certified_goes_to_a_person(name: str) -> None:
    """Without a valid certificate, or below its threshold, a person approves, and is told why."""
    release, code, words = HELD[name]
    verdict = decide(release)
    assert verdict.action == "review"
    assert verdict.reasons[0].code == code
    assert words in verdict.reasons[0].detail
    assert verdict.certificate is None


def test_the_strictest_of_several_certificates_counts() -> None:
    """Where two certificates speak of a ticket, it must satisfy both; a void one says nothing."""
    lenient, strict = a_certificate(threshold=0.3), a_certificate(threshold=0.999)
    assert decide(certified(lenient, strict)).reasons[0].code == "below_threshold"
    void = replace(strict, expires=date(2026, 11, 2))
    assert decide(certified(lenient, void)).certificate == lenient.id


def test_a_question_is_certified_by_nothing() -> None:
    """A clarifying question is no answer, so no certificate speaks of it."""
    verdict = decide(certified(a_certificate()), draft=a_draft(action="clarify"))
    assert verdict.action == "review"
    assert verdict.reasons[0].code == "below_threshold"


def test_nothing_changed_means_as_before() -> None:
    """An empty release and none at all give the same verdicts at every level."""
    for written in LEVELS:
        assert decide(Release(), written) == decide(None, written)


@pytest.mark.parametrize(
    ("release", "code"),
    [
        (Release(stopped=STOPPED), "stopped"),
        (Release(unreadable="SetupError"), "autonomy_unreadable"),
        (Release(trips=(Trip(scope="*", since=NOW, why="escalation"),)), "tripped"),
    ],
)
def test_the_switch_beats_a_trial_runs_own_level(release: Release, code: str) -> None:
    """Stopped, tripped or unreadable, nothing leaves, whatever the inbox says."""
    verdict = decide(release, "percent:100", override=level("percent:100"))
    assert verdict.action == "review"
    assert verdict.reasons[0].code == code
    assert verdict.autonomy == "review"


def test_a_trip_holds_its_own_scope_only() -> None:
    """A scope that tripped for English chats does not hold anything else."""
    covers = Scope(name="how-to", intents=(EXPORT,), channel="chat", language="en")
    release = Release(trips=(Trip(scope="how-to", since=NOW, why="errors", covers=covers),))
    german = Language(code="de", confidence=1.0)
    assert decide(release, "percent:100").action == "send"
    assert decide(release, "percent:100", ticket=a_ticket(channel="chat")).action == "review"
    spoken = a_ticket(channel="chat", language=german)
    reasons = decide(release, "percent:100", ticket=spoken).reasons
    assert "tripped" not in [reason.code for reason in reasons]


levels = st.sampled_from(LEVELS).map(level)
maybe = st.none() | levels
releases = st.builds(
    Release,
    stopped=st.none() | st.just(STOPPED),
    unreadable=st.sampled_from(["", "SetupError"]),
    levels=st.dictionaries(st.sampled_from(["*", "export_data", "refunds"]), levels),
    trips=st.lists(
        st.builds(
            Trip,
            scope=st.just("s"),
            since=st.just(NOW),
            why=st.just("drift"),
            covers=st.none() | st.just(Scope(name="s", intents=(EXPORT,))),
        ),
        max_size=1,
    ).map(tuple),
)


@given(release=releases, files=levels, override=maybe)
def test_what_holds_never_releases(
    release: Release, files: Autonomy, override: Autonomy | None
) -> None:
    """Switch, trips and failures only ever make a level stricter; without them nothing is held."""
    free = replace(release, stopped=None, unreadable="", trips=())
    chosen = free.level_for(EXPORT, files=files, override=override)
    applied = release.level_for(EXPORT, files=files, override=override)
    assert chosen.held is None
    assert strictness(applied.level) <= strictness(chosen.level)
    if release.stopped or release.unreadable or release.trips:
        assert applied.level.level not in RELEASING
    else:
        assert applied == chosen
    if override is not None:
        assert chosen.level == override


@given(own=maybe, common=maybe, files=levels)
def test_the_stricter_of_two_set_levels_wins(
    own: Autonomy | None, common: Autonomy | None, files: Autonomy
) -> None:
    """Of what was set for an intent and for all the stricter holds; only a name lifts `off`."""
    given_ = {"export_data": own, "*": common}
    release = Release(levels={name: one for name, one in given_.items() if one is not None})
    applied = release.level_for(EXPORT, files=files).level
    if own is None and common is None:
        assert applied == files
    for one in (own, common):
        if one is not None:
            assert strictness(applied) <= max(strictness(one), strictness(files))
    if own is not None:
        assert strictness(applied) <= strictness(own)
    elif files.level == "off":
        assert applied == files
    elif common is not None:
        assert applied == common


def a_change(**changes: Any) -> Change:
    """Return a line of the log."""
    given_: dict[str, Any] = {"number": 1, "at": NOW, "by": "ana", "reason": "why"}
    return Change(**(given_ | changes))


def test_a_release_is_made_of_the_latest_changes() -> None:
    """Each topic ends up where the gate looks for it; what was taken back is not there."""
    covers = Scope(name="refunds", intents=(Intent("refunds"),))
    release = release_of(
        [
            a_change(topic="switch", scope="*", value="stopped"),
            a_change(topic="level", scope="export_data", value="percent:10"),
            a_change(topic="level", scope="refunds", value=""),
            a_change(topic="trip", scope="refunds", value="tripped", covers=encode(covers)),
            a_change(topic="trip", scope="*", value="cleared"),
            a_change(topic="setting", scope="audit_rate", value="0.2"),
            a_change(topic="baseline", scope="*", value="0.2"),
        ],
        Proofs(),
        TODAY,
    )
    assert release.stopped == Stopped(since=NOW, by="ana", why="why")
    assert release.levels == {"export_data": level("percent:10")}
    assert [(trip.scope, trip.covers) for trip in release.trips] == [("refunds", covers)]
    assert release.tuning.audit_rate == 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": "level", "scope": "*", "value": "sometimes"},
        {"topic": "switch", "scope": "*", "value": "half"},
        {"topic": "trip", "scope": "*", "value": "tripped", "covers": "{"},
        {"topic": "setting", "scope": "audit_rate", "value": "7"},
        {"topic": "setting", "scope": "no_such", "value": "7"},
    ],
)
def test_what_is_not_understood_is_refused(wrong: dict[str, Any]) -> None:
    """A line that another version wrote, or that is damaged, is an error, never a release."""
    with pytest.raises(ValueError, match=r"."):
        release_of([a_change(**wrong)], Proofs(), TODAY)
