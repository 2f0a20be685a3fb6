"""What a certification says, in words for people who are no statisticians."""

from __future__ import annotations

from collections.abc import Iterator

from firstline.desk.trust_records import ScopeReport, TrustReport
from firstline.trust.certificate import Certificate
from firstline.trust.costs import CostPoint, Prices

LEFT_OUT = {
    "a customer's": "are customers' answers: they fit the score only",
    "made under something else": "are of drafts made under something else than what is in use now",
    "not blind": "were not given blind",
    "not drawn by lot": "are of drafts that were not drawn by lot",
    "of another draft": "are of another draft than the one that is stored",
    "too old": "are too old",
}
"""How labels that may not certify are explained."""


def percent(share: float) -> str:
    """Return a share as people write it: `2 %`, `0.6 %`, `61 %`."""
    return f"{100 * share:.3g} %"


def certificate_words(one: Certificate) -> str:
    """Return the statement a certificate makes."""
    return (
        f"Of the replies that score {one.threshold:.4g} or more, at most {percent(one.alpha)} are "
        f"wrong. This is mistaken with a probability of at most {percent(one.delta)}. "
        f"{one.errors} of {one.count} were found wrong, so the true share is below "
        f"{percent(one.bound)}; {percent(one.coverage)} of the drafts that nothing else holds "
        f"score that high."
    )


def scope_words(report: ScopeReport) -> Iterator[str]:
    """Yield what came of a scope, a line each."""
    outcome = report.outcome
    if isinstance(outcome, Certificate):
        yield certificate_words(outcome)
        since = f"given {outcome.issued.isoformat()}, holds until {outcome.expires.isoformat()}"
        stood = "it stood before, " if report.stands else ""
        yield f"certificate {outcome.id}, {stood}{since}, look {report.look} at these labels"
        if outcome.carried_from:
            yield (
                f"carried over from {outcome.carried_from} by labels of drafts made since the "
                "change, none of which was sent by itself"
            )
    else:
        yield f"no certificate ({outcome.code}): {outcome.detail}"
        if report.to_label:
            yield (
                f"not every draft scores high enough to count: that is at least "
                f"{report.to_label} more drafts to label"
            )
    unclear = f", {report.unclear} of them because nobody could tell" if report.unclear else ""
    yield (
        f"{report.tickets} tickets, {report.drafts} drafts, {report.releasable} that nothing but "
        f"autonomy holds; {report.labels} labels certify, {report.wrong} count as wrong{unclear}"
    )
    if report.waiting:
        yield f"{report.waiting} drafts are drawn and not labelled yet: `firstline labels next`"
    yield from _expected(report)
    yield from _cost(report)


def _expected(report: ScopeReport) -> Iterator[str]:
    if not report.labels:
        return
    said = [
        f"{percent(one.of_tickets)} of the tickets at {percent(one.alpha)} wrong"
        if one.threshold is not None
        else f"none yet at {percent(one.alpha)}"
        for one in report.expected
    ]
    yield f"could go out by itself, for orientation: {', '.join(said)}"


def _cost(report: ScopeReport) -> Iterator[str]:
    if report.cost is None:
        return
    yield (
        f"cost of a draft, by these labels: {_point(report.cost.nothing)}; cheapest: "
        f"{_point(report.cost.cheapest)}"
    )
    if report.cost.certified is not None:
        yield f"certified: {_point(report.cost.certified)}"
    own = "".join(f"; {intent}: {_prices(one)}" for intent, one in report.cost.by_intent)
    yield f"at these costs: {_prices(report.cost.usual)}{own}"


def _prices(one: Prices) -> str:
    return (
        f"a wrong reply ${one.wrong:g}, a review ${one.review:g}, an escalation ${one.escalation:g}"
    )


def _point(point: CostPoint) -> str:
    if point.threshold is None:
        return f"${point.cost:.2f} if a person reads each"
    return (
        f"${point.cost:.2f} from a score of {point.threshold:.4g}, where {percent(point.sent)} go "
        f"out and {percent(point.wrong)} of those are wrong"
    )


def report_words(report: TrustReport) -> Iterator[str]:
    """Yield what holds for all scopes, a line each."""
    asked = report.asked
    yield (
        f"promise: at most {percent(asked.alpha)} wrong among what is sent, all statements "
        f"together mistaken with a probability of at most {percent(asked.delta)}"
    )
    yield f"score {report.scorer.version}: {report.score_note}"
    if report.card is not None:
        ranked = "not to be told, all labels are of one kind"
        if report.card.auroc is not None:
            ranked = f"{report.card.auroc:.2f}"
        yield (
            f"the score beside {report.certifying} labels it has not seen: off by "
            f"{percent(report.card.ece)} in the mean, right above wrong with probability {ranked}"
        )
        named = [f"{name} {value:.3f}" for name, value in report.card.importance[:5] if value > 0]
        if named:
            yield f"signals that matter most: {', '.join(named)}"
    yield from notes(report)


def notes(report: TrustReport) -> Iterator[str]:
    """Yield what was left out, and what is void from now on."""
    for reason, count in sorted(report.left_out.items()):
        yield f"{count} labels {LEFT_OUT[reason]}"
    if report.other_drafts:
        yield (
            f"{report.other_drafts} tickets were drafted under something else than what is in use "
            "now: they certify nothing"
        )
    if report.unknown_drafts:
        yield (
            f"of {report.unknown_drafts} tickets it is not known what was in use when they were "
            "drafted: they certify nothing"
        )
    verb = "is void" if report.asked.issue else "would be void"
    for one, why in report.voided:
        yield f"certificate {one.id} ({one.scope.name}) {verb}: {why}"
