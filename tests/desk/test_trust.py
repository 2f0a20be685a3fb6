"""From labels to a certificate and back: given when shown, void on a change, refused else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.builders import NOON
from tests.desk.trust_world import (
    IN_USE,
    INTENTS,
    NEXT_WEEK,
    draw_all,
    label_all,
    populate,
)

from firstline.desk.labelling import load_answer
from firstline.desk.trust import certify_company, current_certificates, proofs_in_force
from firstline.desk.trust_page import page
from firstline.desk.trust_records import Asked, ScopeReport, TrustReport
from firstline.desk.trust_scope import SCORES, doubt, fits
from firstline.desk.trust_words import report_words, scope_words
from firstline.records import TicketId
from firstline.store import open_database
from firstline.store.certificates import CertificateBook
from firstline.store.labels import LabelLedger, NewLabel, valid_certificates
from firstline.trust.certificate import Certificate, Refusal
from firstline.trust.scorer import PRIOR_VERSION
from firstline.workspace import Workspace, load
from firstline.workspace.models import CostSetting, ScopeSetting, TrustSettings

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
ONE_SCOPE = TrustSettings(scopes=(ScopeSetting(name="howto", intents=INTENTS),))
ENOUGH = 700
GOOD = 0.05


@pytest.fixture(scope="module")
def acme() -> Workspace:
    """Return the bundled company with one scope."""
    loaded = load(ACME)
    return replace(loaded, settings=replace(loaded.settings, trust=ONE_SCOPE))


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[sa.Engine]:
    """Return an empty database of the quick kind."""
    opened = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    yield opened
    opened.dispose()


def asked(**changes: Any) -> Asked:
    """Return the usual promise, asked a week later."""
    given: dict[str, Any] = {"alpha": 0.05, "delta": 0.05, "valid_days": 90, "now": NEXT_WEEK}
    return Asked(**(given | changes))


def ask(engine: sa.Engine, acme: Workspace, basis: Any = IN_USE, **changes: Any) -> TrustReport:
    """Certify the company."""
    return certify_company(engine, acme, basis, asked(**changes))


def only(report: TrustReport) -> ScopeReport:
    """Return what came of the only scope."""
    (one,) = report.scopes
    return one


def given(report: TrustReport) -> Certificate:
    """Return the certificate of the only scope."""
    outcome = only(report).outcome
    assert isinstance(outcome, Certificate), outcome
    return outcome


def refused(report: TrustReport) -> Refusal:
    """Return the refusal of the only scope."""
    outcome = only(report).outcome
    assert isinstance(outcome, Refusal), outcome
    return outcome


def labelled_world(engine: sa.Engine, **changes: Any) -> None:
    """Store, draw and label a company's drafts."""
    world = populate(
        engine, changes.pop("count", ENOUGH), worst=changes.pop("worst", GOOD), **changes
    )
    draw_all(engine, world.tickets)
    label_all(engine, world.wrong)


def test_the_whole_way_from_labels_to_a_certificate_to_its_end(
    engine: sa.Engine, acme: Workspace
) -> None:
    """Labels give a certificate, a changed prompt voids it, labels under the new one carry over."""
    labelled_world(engine)
    first = given(ask(engine, acme))
    assert first.bound <= first.alpha == 0.05
    assert valid_certificates(engine) == (first,)
    in_use = replace(IN_USE, score=first.basis.score)
    assert current_certificates(engine, in_use, NEXT_WEEK.date()) == (first,)
    assert proofs_in_force(engine, IN_USE).certificates == (first,)
    assert proofs_in_force(engine, IN_USE).basis == in_use
    changed = replace(in_use, prompts="p2")
    assert current_certificates(engine, changed, NEXT_WEEK.date()) == ()

    after = ask(engine, acme, changed)
    assert refused(after).code == "no_labels"
    assert after.voided == ((first, "prompts changed since"),)
    assert after.left_out == {"made under something else": ENOUGH}
    assert after.other_drafts == ENOUGH
    assert valid_certificates(engine) == ()
    assert current_certificates(engine, in_use, NEXT_WEEK.date()) == ()

    world = populate(engine, ENOUGH, basis=changed, worst=GOOD, seed=8, prefix="n")
    draw_all(engine, world.tickets)
    label_all(engine, world.wrong)
    again = ask(engine, acme, changed)
    assert given(again).carried_from == first.id
    assert any("carried over" in line for line in scope_words(only(again)))


def test_a_certificate_says_everything(sqlite: sa.Engine, acme: Workspace) -> None:
    """Scope, counts, bound, threshold, coverage, basis, expiry, automation, costs, score's card."""
    labelled_world(sqlite)
    report = ask(sqlite, acme)
    one, certificate = only(report), given(report)
    assert certificate.expires == NEXT_WEEK.date() + timedelta(days=90)
    assert certificate.basis == replace(IN_USE, score=report.scorer.version)
    assert certificate.delta == pytest.approx(0.05 / SCORES * 0.75)
    assert (one.tickets, one.drafts, one.releasable, one.look) == (ENOUGH, ENOUGH, ENOUGH, 1)
    assert one.labels == ENOUGH
    assert [item.alpha for item in one.expected] == [0.01, 0.02, 0.05]
    shares = [item.of_tickets for item in one.expected]
    assert shares == sorted(shares)
    assert shares[-1] > 0.5
    assert one.cost is not None
    assert one.cost.certified is not None
    assert one.cost.cheapest.cost <= one.cost.certified.cost
    assert report.card is not None
    words = "\n".join([*report_words(report), *scope_words(one)])
    for part in (certificate.id, certificate.expires.isoformat(), "mistaken", "cheapest"):
        assert part in words
    written = report.as_json()["scopes"][0]["certificate"]
    assert (written["n"], written["k"]) == (certificate.count, certificate.errors)


def test_asking_again_changes_nothing(sqlite: sa.Engine, acme: Workspace) -> None:
    """The same labels are the same look, and the certificate keeps its date."""
    labelled_world(sqlite)
    first = given(ask(sqlite, acme))
    later = ask(sqlite, acme, now=NEXT_WEEK + timedelta(days=5))
    assert given(later) == first
    assert (only(later).stands, only(later).look) == (True, 1)
    assert len(CertificateBook(sqlite).all()) == 1


def test_every_look_costs_certainty(sqlite: sa.Engine, acme: Workspace) -> None:
    """More labels are another look, with less doubt left; all looks together stay within delta."""
    world = populate(sqlite, ENOUGH, worst=GOOD)
    draw_all(sqlite, world.tickets)
    most = dict(list(world.wrong.items())[: ENOUGH - 100])
    label_all(sqlite, most)
    assert only(ask(sqlite, acme)).look == 1
    label_all(sqlite, world.wrong)
    second = ask(sqlite, acme)
    assert only(second).look == 2
    assert given(second).delta == pytest.approx(doubt(0.05 / SCORES, 2))
    assert SCORES * sum(doubt(0.05 / SCORES, look) for look in range(1, 99)) <= 0.05 + 1e-12


def test_a_dry_run_issues_nothing_but_is_a_look(sqlite: sa.Engine, acme: Workspace) -> None:
    """It shows what would be given; the store has no certificate and no score afterwards."""
    labelled_world(sqlite)
    assert given(ask(sqlite, acme, issue=False)).errors >= 0
    assert valid_certificates(sqlite) == ()
    assert CertificateBook(sqlite).score() is None
    assert only(ask(sqlite, acme)).look == 1


def test_a_score_is_fitted_on_the_other_half(sqlite: sa.Engine, acme: Workspace) -> None:
    """With wrong ones to learn from the evidence is weighed, kept, and weighed anew when asked."""
    labelled_world(sqlite, worst=0.4)
    report = ask(sqlite, acme, alpha=0.2)
    assert report.scorer.calibration is not None
    assert report.scorer.calibration.labels == report.fitting
    assert report.fitting + report.certifying == ENOUGH
    assert report.fitting == sum(fits(TicketId(f"t{at}")) for at in range(ENOUGH))
    assert report.card is not None
    assert report.card.auroc is not None
    assert report.card.auroc > 0.65
    more = populate(sqlite, ENOUGH, worst=0.4, seed=6, prefix="m")
    draw_all(sqlite, more.tickets)
    label_all(sqlite, more.wrong)
    kept = ask(sqlite, acme, alpha=0.2)
    assert kept.scorer == report.scorer
    assert "--refit" in kept.score_note
    anew = ask(sqlite, acme, alpha=0.2, refit=True)
    assert anew.scorer.version != report.scorer.version
    assert any("score" in why for _, why in anew.voided)


def test_too_few_wrong_ones_leave_the_prior(sqlite: sa.Engine, acme: Workspace) -> None:
    """Clean labels certify by the prior score, and it is said."""
    labelled_world(sqlite, worst=0.0)
    report = ask(sqlite, acme)
    assert report.scorer.version == PRIOR_VERSION
    assert "at least" in report.score_note
    assert given(report).errors == 0


def test_nothing_is_labelled(engine: sa.Engine, acme: Workspace) -> None:
    """No drafts at all, and drafts without labels: both are said, with how many it takes."""
    assert refused(ask(engine, acme)).code == "no_labels"
    populate(engine, 50)
    report = ask(engine, acme)
    missing = refused(report).missing
    assert missing > 0
    assert only(report).to_label == 2 * missing
    assert any(str(missing) in line for line in scope_words(only(report)))


def test_few_labels_say_how_many_more(sqlite: sa.Engine, acme: Workspace) -> None:
    """No look is spent on too few, and with about as many more as it says there are enough."""
    world = populate(sqlite, ENOUGH, worst=0.0)
    draw_all(sqlite, world.tickets)
    label_all(sqlite, dict.fromkeys(world.tickets[:40], False))
    few = ask(sqlite, acme)
    assert refused(few).code == "too_few"
    assert only(few).look == 0
    assert only(few).to_label == pytest.approx(2 * refused(few).missing, rel=0.15)
    label_all(sqlite, dict.fromkeys(world.tickets[: 40 + only(few).to_label // 2], False))
    fewer = refused(ask(sqlite, acme)).missing
    assert 0 < fewer < refused(few).missing
    label_all(sqlite, dict.fromkeys(world.tickets[: 100 + only(few).to_label], False))
    assert given(ask(sqlite, acme)).errors == 0


def test_labels_of_one_kind_show_nothing(sqlite: sa.Engine, acme: Workspace) -> None:
    """All wrong: no certificate, and no score to fit."""
    world = populate(sqlite, ENOUGH)
    draw_all(sqlite, world.tickets)
    label_all(sqlite, dict.fromkeys(world.tickets, True))
    assert refused(ask(sqlite, acme)).code == "all_wrong"


def test_a_disagreement_has_to_be_settled(sqlite: sa.Engine, acme: Workspace) -> None:
    """Two people who differ about one draft stop the certificate until a third decides."""
    labelled_world(sqlite, worst=0.0)
    one = TicketId("t7")
    label_all(sqlite, {one: True}, by="bo")
    report = ask(sqlite, acme)
    assert refused(report).code == "contradictory"
    assert only(report).look == 0
    settled = NewLabel(ticket=one, kind="audit", wrong=False, by="cy", blind=True, settles=True)
    LabelLedger(sqlite).add([settled], now=NOON)
    assert given(ask(sqlite, acme)).errors == 0


def test_what_nobody_could_tell_counts_as_wrong(sqlite: sa.Engine, acme: Workspace) -> None:
    """Leaving out the hard ones would make any reply look good."""
    world = populate(sqlite, ENOUGH, worst=0.0)
    draw_all(sqlite, world.tickets)
    unsure: dict[TicketId, bool | None] = dict.fromkeys(world.tickets[:100])
    label_all(sqlite, {**dict.fromkeys(world.tickets, False), **unsure})
    report = ask(sqlite, acme)
    assert refused(report).code == "not_shown"
    assert (only(report).wrong, only(report).unclear) == (100, 100)


def test_labels_that_may_not_certify_are_named(sqlite: sa.Engine, acme: Workspace) -> None:
    """Seen verdicts, undrawn drafts, customers, old ones and unknown origins certify nothing."""
    world = populate(sqlite, 40)
    draw_all(sqlite, world.tickets[:20])
    label_all(sqlite, dict.fromkeys(world.tickets[:5], False), blind=False)
    label_all(sqlite, dict.fromkeys(world.tickets[20:26], False))
    label_all(sqlite, dict.fromkeys(world.tickets[5:8], False), now=NEXT_WEEK - timedelta(days=91))
    other = populate(sqlite, 4, basis=None, prefix="u")
    label_all(sqlite, dict.fromkeys(other.tickets, False))
    LabelLedger(sqlite).add(
        [NewLabel(ticket=world.tickets[9], kind="feedback", wrong=True, by="customer")], now=NOON
    )
    report = ask(sqlite, acme)
    assert refused(report).code == "no_labels"
    assert report.left_out == {
        "not blind": 5,
        "not drawn by lot": 6,
        "too old": 3,
        "made under something else": 4,
        "a customer's": 1,
    }
    assert (report.unknown_drafts, report.other_drafts) == (4, 0)
    assert only(report).waiting == 20
    words = "\n".join(report_words(report))
    assert "5 labels were not given blind" in words


def test_planted_labels_never_count(sqlite: sa.Engine, acme: Workspace) -> None:
    """However many there are."""
    world = populate(sqlite, ENOUGH)
    draw_all(sqlite, world.tickets)
    LabelLedger(sqlite).add(
        [
            NewLabel(ticket=one, kind="planted", wrong=False, by="ann", blind=True)
            for one in world.tickets
        ],
        now=NOON,
    )
    report = ask(sqlite, acme)
    assert refused(report).code == "no_labels"
    assert report.left_out == {}
    assert report.fitting == 0


def test_labels_of_the_easy_ones_are_noticed(sqlite: sa.Engine, acme: Workspace) -> None:
    """An imported file of the best half alone is no sample of the traffic."""
    world = populate(sqlite, 2 * ENOUGH, worst=0.0)
    report = ask(sqlite, acme)
    scores = {one: report.scorer.score(load_answer(sqlite, one)) for one in world.tickets}
    best = sorted(world.tickets, key=lambda one: -scores[one])[:ENOUGH]
    LabelLedger(sqlite).add(
        [NewLabel(ticket=one, kind="import", wrong=False, by="ann", blind=True) for one in best],
        now=NOON,
    )
    assert refused(ask(sqlite, acme)).code == "not_random"


def test_drafts_that_are_held_anyway_certify_nothing(sqlite: sa.Engine, acme: Workspace) -> None:
    """A company that answers in no language of its tickets has nothing to certify."""
    labelled_world(sqlite)
    elsewhere = replace(acme, settings=replace(acme.settings, languages=("de",)))
    report = ask(sqlite, elsewhere)
    assert refused(report).code == "no_labels"
    assert (only(report).drafts, only(report).releasable) == (ENOUGH, 0)


def test_scopes_share_the_doubt(sqlite: sa.Engine, acme: Workspace) -> None:
    """Two scopes halve delta; a scope holds its own channel and language only."""
    two = TrustSettings(
        scopes=(
            ScopeSetting(name="mail", intents=INTENTS, channel="email"),
            ScopeSetting(name="chat", intents=INTENTS, channel="chat"),
        ),
        costs=CostSetting(wrong_usd=0.0),
        costs_by_intent=((INTENTS[0], CostSetting(wrong_usd=0.0, review_usd=7.0)),),
    )
    company = replace(acme, settings=replace(acme.settings, trust=two))
    labelled_world(sqlite)
    mail, chat = ask(sqlite, company).scopes
    assert isinstance(mail.outcome, Certificate)
    assert mail.outcome.delta == pytest.approx(doubt(0.025 / SCORES, 1))
    assert isinstance(chat.outcome, Refusal)
    assert chat.drafts == 0
    assert mail.cost is not None
    assert mail.cost.cheapest.sent == pytest.approx(1, abs=0.05)
    assert any("export_data: a wrong reply $0, a review $7" in line for line in scope_words(mail))


def test_a_valid_certificate_outlives_a_look_that_shows_less(
    sqlite: sa.Engine, acme: Workspace
) -> None:
    """More labels may not show as much again; the statement that was made still holds."""
    labelled_world(sqlite, worst=0.0)
    first = given(ask(sqlite, acme))
    world = populate(sqlite, 300, prefix="x")
    draw_all(sqlite, world.tickets)
    label_all(sqlite, dict.fromkeys(world.tickets, True))
    again = ask(sqlite, acme)
    assert given(again) == first
    assert only(again).stands


def test_an_expired_certificate_is_void(sqlite: sa.Engine, acme: Workspace) -> None:
    """After its last day it is voided, and old labels do not renew it."""
    labelled_world(sqlite)
    first = given(ask(sqlite, acme))
    late: datetime = NEXT_WEEK + timedelta(days=91)
    report = ask(sqlite, acme, now=late)
    assert [one.id for one, why in report.voided if "expired" in why] == [first.id]
    assert refused(report).code == "no_labels"


def test_the_page_shows_all_of_it_and_runs_nothing(sqlite: sa.Engine, acme: Workspace) -> None:
    """Words, figures and pictures, with every name escaped."""
    hostile = "<script>alert(1)</script>"
    scopes = (ScopeSetting(name=hostile, intents=INTENTS),)
    company = replace(acme, settings=replace(acme.settings, trust=TrustSettings(scopes=scopes)))
    labelled_world(sqlite, worst=0.4)
    report = ask(sqlite, company, alpha=0.2)
    text = page(report, company=hostile)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 2
    assert text.count("<svg") == 2
    assert "default-src 'none'" in text
    assert given(report).id in text
    assert "route_probability" in text
