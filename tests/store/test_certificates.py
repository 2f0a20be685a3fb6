"""Certificates, scores and looks are kept for good — on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from firstline.records import Intent
from firstline.store.certificates import CertificateBook
from firstline.store.labels import valid_certificates
from firstline.trust.calibration import Calibration, card
from firstline.trust.certificate import Basis, Certificate, Scope
from firstline.trust.scorer import IntentRecord, Scorer
from firstline.trust.thresholds import Grid
from tests.builders import NOON

BASIS = Basis(models="m", prompts="p", knowledge="k", checks="c", score="s")
GIVEN = Certificate(
    scope=Scope(name="exports", intents=(Intent("export_data"),)),
    alpha=0.02,
    delta=0.0375,
    threshold=0.8765432109876543,
    count=250,
    errors=0,
    bound=0.0149,
    coverage=0.61,
    basis=BASIS,
    issued=date(2026, 5, 4),
    expires=date(2026, 8, 2),
)
GRID = Grid(thresholds=(0.9, 0.5), starts=(0, 1))


@pytest.fixture
def book(engine: sa.Engine) -> CertificateBook:
    """Return the certificates of an empty database."""
    return CertificateBook(engine)


def test_a_certificate_comes_back_whole(book: CertificateBook, engine: sa.Engine) -> None:
    """It is the same to the last digit, its id included, and stored once."""
    book.issue(GIVEN, now=NOON)
    book.issue(GIVEN, now=NOON)
    assert valid_certificates(engine) == (GIVEN,)
    assert valid_certificates(engine)[0].id == GIVEN.id


def test_a_new_certificate_of_a_scope_replaces_the_old(
    book: CertificateBook, engine: sa.Engine
) -> None:
    """Only the new one is valid; the old one says by which it was replaced."""
    other = replace(GIVEN, scope=replace(GIVEN.scope, name="other"))
    new = replace(GIVEN, threshold=0.5)
    for one in (GIVEN, other, new):
        book.issue(one, now=NOON)
    assert set(valid_certificates(engine)) == {other, new}
    old = next(one for one in book.all() if one.certificate == GIVEN)
    assert old.voided_at == NOON
    assert new.id in old.void_reason


def test_a_void_certificate_keeps_its_first_reason(
    book: CertificateBook, engine: sa.Engine
) -> None:
    """It stays in the book and is not valid any more."""
    book.issue(GIVEN, now=NOON)
    book.void(GIVEN.id, reason="prompts changed since", now=NOON)
    book.void(GIVEN.id, reason="something else", now=NOON + timedelta(days=1))
    assert valid_certificates(engine) == ()
    (stored,) = book.all()
    assert (stored.void_reason, stored.voided_at) == ("prompts changed since", NOON)


def test_routes_are_no_replies(book: CertificateBook, engine: sa.Engine) -> None:
    """A certificate for routing releases no reply."""
    book.issue(GIVEN, kind="route", now=NOON)
    assert valid_certificates(engine) == ()
    assert book.valid("route") == (GIVEN,)


def test_the_last_score_is_in_use(book: CertificateBook) -> None:
    """Scores come back exactly; putting the one in use to use again changes nothing."""
    assert book.score() is None
    fitted = Scorer(
        calibration=Calibration(
            names=("a",),
            means=(0.1,),
            scales=(0.3,),
            weights=(1 / 3,),
            intercept=-0.7,
            labels=40,
            wrong=12,
        ),
        records=(IntentRecord(intent=Intent("export_data"), right=3, count=4),),
    )
    how = card(fitted.calibration, [{"a": 1.0}, {"a": 0.0}], [True, False])  # type: ignore[arg-type] # it was given above
    book.use_score(Scorer(), None, now=NOON)
    book.use_score(fitted, how, now=NOON)
    book.use_score(fitted, None, now=NOON + timedelta(days=1))
    stored = book.score()
    assert stored is not None
    assert (stored.scorer, stored.card, stored.at) == (fitted, how, NOON)
    assert stored.scorer.version == fitted.version


def test_looks_are_counted_and_keep_their_grid(book: CertificateBook) -> None:
    """The same labels are one look, whatever the grid would be now; a change counts anew."""
    other = Grid(thresholds=(0.7,), starts=(0,))
    assert book.next_look("s", "b", "l1") == (1, None)
    assert book.look("s", "b", "l1", GRID, now=NOON).number == 1
    assert book.look("s", "b", "l1", other, now=NOON).grid == GRID
    assert book.next_look("s", "b", "l1") == (1, GRID)
    assert book.next_look("s", "b", "l2") == (2, None)
    assert book.look("s", "b", "l2", other, now=NOON).number == 2
    assert book.look("s", "b2", "l3", GRID, now=NOON).number == 1
    assert book.look("s2", "b", "l1", GRID, now=NOON).number == 1
