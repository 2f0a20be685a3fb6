"""Certificates: given only for what was shown, void on any change, refused with what is missing."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.records import Intent, TicketId
from firstline.trust.certificate import (
    Basis,
    Certificate,
    Label,
    Refusal,
    Scope,
    Terms,
    certify,
)
from firstline.trust.thresholds import Grid

TODAY = date(2026, 11, 23)
BASIS = Basis(models="haiku", prompts="p1", knowledge="k1", checks="c1", score="s1")
SCOPE = Scope(name="exports", intents=(Intent("export_data"),))
TERMS = Terms(grid=Grid(thresholds=(0.9, 0.5), starts=(0,)), basis=BASIS, today=TODAY)


def a_label(name: object, **changes: Any) -> Label:
    """Return a clean label with a high score."""
    given: dict[str, Any] = {
        "ticket": TicketId(f"t{name}"),
        "score": 0.95,
        "wrong": False,
        "intent": Intent("export_data"),
        "channel": "email",
        "language": "en",
    }
    return Label(**(given | changes))


def clean(count: int, **changes: Any) -> list[Label]:
    """Return clean labels of different tickets."""
    return [a_label(at, **changes) for at in range(count)]


def certified(labels: list[Label], **changes: Any) -> Certificate:
    """Return the certificate that these labels give."""
    (given,) = certify(labels, [SCOPE], replace(TERMS, **changes))
    assert isinstance(given, Certificate), given
    return given


def refused(labels: list[Label], **changes: Any) -> Refusal:
    """Return the refusal that these labels give."""
    (given,) = certify(labels, [SCOPE], replace(TERMS, **changes))
    assert isinstance(given, Refusal), given
    return given


def test_clean_labels_give_a_certificate_that_says_everything() -> None:
    """149 clean labels show 2 %; the certificate holds the counts, the bound and the dates."""
    given = certified(clean(149))
    assert (given.count, given.errors, given.threshold) == (149, 0, 0.5)
    assert given.bound <= 0.02
    assert given.coverage == 1.0
    assert given.expires == TODAY + timedelta(days=90)
    assert not given.void_because(BASIS, TODAY)
    assert len(given.id) == 12


def test_any_change_voids_it() -> None:
    """Another model, prompt, knowledge base, check or score voids the certificate, and is named."""
    given = certified(clean(149))
    for part in fields(Basis):
        changed = replace(BASIS, **{part.name: "new"})
        assert given.void_because(changed, TODAY) == f"{part.name} changed since"
    assert "expired" in given.void_because(BASIS, TODAY + timedelta(days=91))
    assert "not yet" in given.void_because(BASIS, TODAY - timedelta(days=1))


def test_scopes_share_delta() -> None:
    """With two scopes each needs more labels than alone: the promises hold together."""
    other = Scope(name="other", intents=(Intent("other"),))
    given = certify(clean(149), [SCOPE, other], TERMS)
    assert [one.code for one in given if isinstance(one, Refusal)] == ["too_few", "no_labels"]
    given = certify(clean(183), [SCOPE, other], TERMS)
    assert isinstance(given[0], Certificate)
    assert given[0].delta == 0.025


def test_a_scope_holds_its_channel_and_language_only() -> None:
    """Labels of another channel, language or intent do not count."""
    mail = replace(SCOPE, channel="email", language="en")
    assert mail.holds(Intent("export_data"), "email", "en")
    assert not mail.holds(Intent("export_data"), "chat", "en")
    assert not mail.holds(Intent("export_data"), "email", "de")
    assert not mail.holds(Intent("refund"), "email", "en")
    assert not mail.holds(None, "email", "en")


REFUSALS = {
    "empty": ([], "no_labels", 149),
    "tiny": (clean(37), "too_few", 112),
    "duplicated": (clean(37) * 20, "too_few", 112),
    "contradictory": ([*clean(500), a_label(3, wrong=True)], "contradictory", 0),
    "one class": (clean(500, wrong=True), "all_wrong", 0),
    "mediocre": ([a_label(at, wrong=at % 20 == 0) for at in range(500)], "not_shown", 0),
    "nearly": ([a_label(at, wrong=at in (1, 2)) for at in range(200)], "not_shown", 113),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_labels_that_show_nothing_are_refused_with_what_is_missing(name: str) -> None:
    """Each kind of bad labels has its own code, a sentence, and what would help."""
    labels, code, missing = REFUSALS[name]
    given = refused(labels)
    assert (given.code, given.missing) == (code, missing)
    if missing:
        assert f"{missing} more clean labels" in given.detail or "at least 149" in given.detail


def test_uneven_samples_are_thinned_to_an_even_one() -> None:
    """Labels drawn ten times as often count a tenth, and nobody can draw the lot again."""
    often = clean(3000, inclusion=1.0)
    seldom = [a_label(f"s{at}", inclusion=0.1) for at in range(300)]
    given = certified([*often, *seldom])
    assert 300 + 200 < given.count < 300 + 400
    assert certified([*often, *seldom]) == given
    assert refused(clean(500, inclusion=0.0)).code == "too_few"


def test_a_certificate_says_that_it_was_carried_over() -> None:
    """Shadow labels under a changed basis renew a certificate, and name the one they replace."""
    old = certified(clean(149))
    (new,) = certify(
        clean(160), [SCOPE], replace(TERMS, basis=replace(BASIS, models="next")),
        replaces={"exports": old.id},
    )  # fmt: skip
    assert isinstance(new, Certificate)
    assert new.carried_from == old.id
    assert new.id != old.id


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans(), st.floats(0, 1)), max_size=400))
def test_whatever_the_labels_a_certificate_keeps_its_promise(
    drawn: list[tuple[int, bool, float]],
) -> None:
    """A certificate's own counts always show its alpha at its delta."""
    labels = [a_label(name, wrong=wrong, score=score) for name, wrong, score in drawn]
    (given,) = certify(labels, [SCOPE], TERMS)
    if isinstance(given, Certificate):
        assert given.bound <= given.alpha
        assert given.count >= 149
    else:
        assert given.detail
