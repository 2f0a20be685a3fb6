"""One scope: which labels speak of it, whether they show the promise, and what that would cost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from firstline.desk.labelled import Labelled, Reply, Traffic
from firstline.desk.trust_records import Asked, CostView, Expected, ScopeReport
from firstline.records import TicketId, encode
from firstline.store.certificates import CertificateBook
from firstline.trust.alike import likelihood
from firstline.trust.binomial import needed
from firstline.trust.certificate import (
    Basis,
    Certificate,
    Label,
    Refusal,
    Scope,
    Terms,
    certify,
    even_sample,
)
from firstline.trust.costs import Prices, cheapest, costs
from firstline.trust.scorer import Scorer
from firstline.trust.thresholds import STARTS, Grid, choose, grid_of
from firstline.workspace.models import CostSetting, TrustSettings

LOOK_SPENDS = 0.75
"""Share of what is left of delta that each look at the labels of a scope spends."""
SHOWN_ALPHAS = (0.01, 0.02, 0.05)
GRID_LEAST = 40
"""Scores of other replies below which a grid is laid evenly instead."""
EVEN_GRID = grid_of([at / 200 for at in range(1, 201)])
BEGINS = max(STARTS)
"""Share of the drafts that reach the most lenient threshold at which a walk begins."""
UNLIKE = 0.001
"""How unlikely a sample may be and still pass for a random one."""
SCORES = 2
"""The prior and a fitted score divide delta, because the labels decide which of them is used."""
NOT_LOOKED = ("no_labels", "too_few", "contradictory")
"""Refusals that rest on no label's content."""


def certifies(ticket: TicketId, scorer: Scorer) -> bool:
    """Whether a ticket's label may certify a score: all may for the prior, which no label shaped.

    For a fitted score it is the half that it was not fitted on.
    """
    return scorer.calibration is None or not fits(ticket)


def fits(ticket: TicketId) -> bool:
    """Whether a ticket's label is of the half from which scores are fitted."""
    return not (hashlib.sha256(f"half:{ticket}".encode()).digest()[0] & 1)


def doubt(share: float, look: int) -> float:
    """Return what the n-th look may spend of a share of delta; all looks: less than it."""
    return share * LOOK_SPENDS * (1 - LOOK_SPENDS) ** (look - 1)


def too_few(
    scope: Scope, scores: Sequence[float], grid: Grid, *, alpha: float, delta: float
) -> Refusal | None:
    """Refuse, without looking, labels that cannot show the promise however clean they are.

    A walk over the thresholds begins at one that part of the replies reach; with fewer labels
    there than a clean sample needs, it ends where it begins.

    Args:
        scope: The scope.
        scores: Of the labelled replies, shape (n,).
        grid: The thresholds.
        alpha: Share of wrong ones that is acceptable.
        delta: What this look may spend.
    """
    least = needed(alpha, delta / len(grid.starts))
    first = min(grid.thresholds[start] for start in grid.starts)
    reach = sum(score >= first for score in scores)
    if reach >= least:
        return None
    missing = least - reach
    detail = (
        f"{len(scores)} labels, {reach} of which score {first:.4g} or more, where the test begins; "
        f"{least} are needed there even if every one is clean: {missing} more clean labels"
    )
    return Refusal(scope=scope, code="too_few", detail=detail, missing=missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeTest:
    """Everything one scope's test needs."""

    scope: Scope
    traffic: Traffic
    marks: Labelled
    scorer: Scorer
    scores: Mapping[TicketId, float]
    basis: Basis
    under: str
    asked: Asked
    share: float
    """This scope's share of delta."""
    trust: TrustSettings
    book: CertificateBook

    def report(self) -> ScopeReport:
        """Test the scope, issue what was shown, and say everything about it."""
        drafts = [reply for reply in self.traffic.replies if self._holds(reply)]
        free = [reply for reply in drafts if reply.releasable]
        sample = even_sample(tuple(self._once(free)))
        tickets = sum(
            number
            for (intent, channel, language), number in self.traffic.tickets.items()
            if self.scope.holds(intent, channel, language)
        )
        outcome, stands, look, grid = self._outcome(free, sample)
        marks = [self.marks.certifying[one.ticket] for one in sample]
        return ScopeReport(
            scope=self.scope,
            outcome=outcome,
            stands=stands,
            look=look,
            tickets=tickets,
            drafts=len(drafts),
            releasable=len(free),
            labels=len(sample),
            wrong=sum(one.wrong for one in sample),
            unclear=sum(mark.wrong is None for mark in marks),
            to_label=self._to_label(outcome, grid, free, drafts),
            waiting=sum(reply.ticket in self.marks.waiting for reply in drafts),
            expected=tuple(self._expected(sample, grid, len(free), tickets)),
            cost=self._cost(sample, grid, outcome),
            scores=tuple(one.score for one in sample),
            bad=tuple(one.wrong for one in sample),
        )

    def _holds(self, reply: Reply) -> bool:
        return self.scope.holds(reply.intent, reply.channel, reply.language)

    def _labels(self, free: list[Reply]) -> Iterator[Label]:
        """Yield the labels that certify; a reply of which nobody could tell counts as wrong."""
        for reply in free:
            mark = self.marks.certifying.get(reply.ticket)
            if mark is None or not certifies(reply.ticket, self.scorer):
                continue
            for wrong in (True, False) if mark.contradictory else (mark.wrong is not False,):
                yield Label(
                    ticket=reply.ticket,
                    score=self.scores[reply.ticket],
                    wrong=wrong,
                    intent=reply.intent,
                    channel=reply.channel,
                    language=reply.language,
                    inclusion=mark.inclusion,
                )

    def _once(self, free: list[Reply]) -> Iterator[Label]:
        seen: set[TicketId] = set()
        for label in self._labels(free):
            if label.ticket not in seen:
                seen.add(label.ticket)
                yield label

    def _outcome(
        self, free: list[Reply], sample: list[Label]
    ) -> tuple[Certificate | Refusal, bool, int, Grid]:
        """Return what came of the test, whether it stood before, the look, and the grid."""
        labels = list(self._labels(free))
        print_ = self._fingerprint(labels)
        kind = "prior" if self.scorer.calibration is None else "fitted"
        basis = f"{hashlib.sha256(self.under.encode()).hexdigest()[:12]} {kind}"
        look, known = self.book.next_look(self.scope.name, basis, print_)
        grid = known or self._grid(free, sample)
        tested = self._test(labels, grid, look)
        unseen = tested if isinstance(tested, Refusal) and tested.code in NOT_LOOKED else None
        if unseen is None or unseen.code == "too_few":
            unseen = self._too_few(sample, grid, look) or unseen
        unseen = unseen or self._unlike(free, sample)
        if unseen is not None:
            return *self._standing(unseen), look - 1, grid
        made = self.book.look(self.scope.name, basis, print_, grid, now=self.asked.now)
        if (made.number, made.grid) != (look, grid):
            tested = self._test(labels, made.grid, made.number)
        return *self._kept(tested), made.number, made.grid

    def _test(self, labels: list[Label], grid: Grid, look: int) -> Certificate | Refusal:
        terms = Terms(
            alpha=self.asked.alpha,
            delta=self._doubt(look),
            grid=grid,
            basis=self.basis,
            today=self.asked.today,
            valid_days=self.asked.valid_days,
        )
        replaced = self._replaced()
        (tested,) = certify(labels, [self.scope], terms, replaces={self.scope.name: replaced})
        return tested

    def _doubt(self, look: int) -> float:
        return doubt(self.share / SCORES, look)

    def _replaced(self) -> str:
        """Return the certificate of this scope that a change voided, if it was the last one."""
        mine = [one for one in self.book.all() if one.certificate.scope.name == self.scope.name]
        if not mine:
            return ""
        last = mine[-1].certificate
        return last.id if "changed" in last.void_because(self.basis, self.asked.today) else ""

    def _valid(self) -> Certificate | None:
        """Return the certificate of this scope that holds now."""
        return next(
            (
                one
                for one in reversed(self.book.valid())
                if one.scope == self.scope and not one.void_because(self.basis, self.asked.today)
            ),
            None,
        )

    def _standing(self, refusal: Refusal) -> tuple[Certificate | Refusal, bool]:
        """Return the certificate that holds although no new one can be given, or the refusal."""
        valid = self._valid()
        return (refusal, False) if valid is None else (valid, True)

    def _kept(self, tested: Certificate | Refusal) -> tuple[Certificate | Refusal, bool]:
        """Issue a certificate, unless one that says the same or more holds already."""
        if isinstance(tested, Refusal):
            return self._standing(tested)
        valid = self._valid()
        if valid is not None and _same(valid, tested):
            return valid, True
        if self.asked.issue:
            self.book.issue(tested, now=self.asked.now)
        return tested, False

    def _grid(self, free: list[Reply], sample: list[Label]) -> Grid:
        """Return a grid laid by the scores of replies whose labels certify nothing."""
        certifying = {one.ticket for one in sample}
        others = [self.scores[one.ticket] for one in free if one.ticket not in certifying]
        return grid_of(others) if len(others) >= GRID_LEAST else EVEN_GRID

    def _too_few(self, sample: list[Label], grid: Grid, look: int) -> Refusal | None:
        delta = self._doubt(look)
        scores = [one.score for one in sample]
        return too_few(self.scope, scores, grid, alpha=self.asked.alpha, delta=delta)

    def _unlike(self, free: list[Reply], sample: list[Label]) -> Refusal | None:
        """Refuse labels of replies that do not look like what could go out."""
        whole = [self.scores[one.ticket] for one in free]
        if likelihood([one.score for one in sample], whole) >= UNLIKE:
            return None
        return Refusal(
            scope=self.scope,
            code="not_random",
            detail=(
                "the labelled replies do not score like the others: they cannot have been drawn "
                "by lot. Draw some with `firstline labels sample`"
            ),
        )

    def _fingerprint(self, labels: list[Label]) -> str:
        digest = hashlib.sha256(encode(self.scope).encode())
        asked = (self.asked.alpha, self.share, self.basis.score)
        digest.update(repr(asked).encode())
        for one in sorted(labels, key=lambda one: (one.ticket, one.wrong)):
            digest.update(repr((one.ticket, one.wrong, one.inclusion)).encode())
        return digest.hexdigest()[:16]

    def _expected(
        self, sample: list[Label], grid: Grid, free: int, tickets: int
    ) -> Iterator[Expected]:
        scores, wrong = [one.score for one in sample], [one.wrong for one in sample]
        for alpha in SHOWN_ALPHAS:
            chosen = choose(scores, wrong, grid, alpha=alpha, delta=self.share) if sample else None
            yield Expected(
                alpha=alpha,
                threshold=None if chosen is None else chosen.threshold,
                of_drafts=0.0 if chosen is None else chosen.coverage,
                of_tickets=0.0 if chosen is None else chosen.coverage * free / max(tickets, 1),
            )

    def _cost(
        self, sample: list[Label], grid: Grid, outcome: Certificate | Refusal
    ) -> CostView | None:
        if not sample:
            return None
        scores, wrong = [one.score for one in sample], [one.wrong for one in sample]
        own = dict(self.trust.costs_by_intent)
        prices = [_prices(own.get(one.intent, self.trust.costs)) for one in sample]
        points = costs(scores, wrong, prices, grid)
        certified = None
        if isinstance(outcome, Certificate):
            only = Grid(thresholds=(outcome.threshold,), starts=(0,))
            certified = costs(scores, wrong, prices, only)[1]
        return CostView(
            usual=_prices(self.trust.costs),
            by_intent=tuple(
                (intent, _prices(own))
                for intent, own in self.trust.costs_by_intent
                if intent in self.scope.intents
            ),
            nothing=points[0],
            cheapest=cheapest(points),
            certified=certified,
        )

    def _to_label(
        self,
        outcome: Certificate | Refusal,
        grid: Grid,
        free: list[Reply],
        drafts: list[Reply],
    ) -> int:
        """Return about how many drafts to label for the clean labels that are missing.

        Half of the labels fit a fitted score, drafts that would be held anyway certify nothing,
        and the test begins above a threshold that only some reach.
        """
        if isinstance(outcome, Certificate) or not outcome.missing:
            return 0
        share = BEGINS
        if outcome.code == "not_shown":
            share = 1.0
        elif free:
            first = min(grid.thresholds[start] for start in grid.starts)
            share = sum(self.scores[one.ticket] >= first for one in free) / len(free) or BEGINS
        held = max(len(drafts), 1) / max(len(free), 1)
        halves = 1 if self.scorer.calibration is None else 2
        return ceil(halves * outcome.missing / share * held)


def _prices(costs_of: CostSetting) -> Prices:
    return Prices(
        wrong=costs_of.wrong_usd, review=costs_of.review_usd, escalation=costs_of.escalation_usd
    )


def _same(one: Certificate, other: Certificate) -> bool:
    """Whether two certificates rest on the same labels and promise the same."""

    def key(item: Certificate) -> tuple[float, ...]:
        return (item.alpha, item.delta, item.threshold, item.count, item.errors)

    return key(one) == key(other)
