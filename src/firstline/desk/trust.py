"""From labels to certificates, for a whole company.

    stored answers ─▶ features ─┐            ┌─ half of the labels ─▶ the score's weights
    labels ─────────────────────┴─▶ by hash ─┤
                                             └─ the other half ─▶ the test ─▶ certificate | refusal

While there are too few wrong labels to weigh anything by, the prior scores, which no label shaped:
then all labels are tested. The grid of thresholds is laid by the scores of all other replies. Every
look at the labels of a scope is counted and pays for itself: look n may spend 3/4 of the doubt that
is left after the looks before it, so all looks together stay within delta.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from firstline.desk.basis import made_under
from firstline.desk.decision_labels import take_in_decisions
from firstline.desk.labelled import Labelled, Traffic, collect, labelled
from firstline.desk.scopes import scopes_of
from firstline.desk.trust_records import Asked, ScopeReport, TrustReport
from firstline.desk.trust_scope import ScopeTest, certifies, fits
from firstline.pipeline.release import Proofs
from firstline.store.answered import made_under_counts
from firstline.store.certificates import CertificateBook
from firstline.trust.calibration import Card, NotFittedError
from firstline.trust.certificate import (
    Basis,
    Certificate,
    Scope,
)
from firstline.trust.scorer import Judged, Scorer, fit_scorer
from firstline.workspace import Workspace


def current_certificates(engine: sa.Engine, basis: Basis, today: date) -> tuple[Certificate, ...]:
    """Return the certificates that hold now, under what is in use."""
    valid = CertificateBook(engine).valid()
    return tuple(one for one in valid if not one.void_because(basis, today))


def proofs_in_force(engine: sa.Engine, basis: Basis) -> Proofs:
    """Return what the gate may rest on now.

    Args:
        engine: The company's database.
        basis: What is in use, as it was found when the company was opened; the score in use is
            read anew, because `firstline certify` may have put another to use since.
    """
    book = CertificateBook(engine)
    stored = book.score()
    scorer = Scorer() if stored is None else stored.scorer
    return Proofs(
        certificates=book.valid(), basis=replace(basis, score=scorer.version), scorer=scorer
    )


def certify_company(
    engine: sa.Engine, workspace: Workspace, basis: Basis, asked: Asked
) -> TrustReport:
    """Test every scope, and issue and void certificates.

    Args:
        engine: The company's database.
        workspace: The company.
        basis: What is in use; its score is the one that came before.
        asked: The promise.

    Raises:
        WorkspaceError: A scope of firstline.toml cannot be.
    """
    return _Session(engine, workspace, basis, asked).run()


class _Session:
    """One run over all scopes."""

    def __init__(self, engine: sa.Engine, workspace: Workspace, basis: Basis, asked: Asked) -> None:
        self._engine = engine
        self._workspace = workspace
        self._asked = asked
        self._book = CertificateBook(engine)
        self._scopes = scopes_of(workspace)
        self._under = made_under(basis)
        self._traffic: Traffic = collect(engine, workspace, self._under)
        take_in_decisions(engine, asked.now)
        self._marks: Labelled = labelled(
            engine, self._traffic.replies, now=asked.now, valid_days=asked.valid_days
        )
        self._scorer, self._note = self._score(basis)
        self._basis = replace(basis, score=self._scorer.version)
        self._scored = {
            reply.ticket: self._scorer.of(self._scorer.completed(reply.features, reply.intent))
            for reply in self._traffic.replies
        }

    def run(self) -> TrustReport:
        """Test all scopes and keep what came of it."""
        card = self._card()
        if self._asked.issue:
            self._book.use_score(self._scorer, card, now=self._asked.now)
        voided = self._void()
        scopes = tuple(self._scope(scope) for scope in self._scopes)
        counts = made_under_counts(self._engine)
        unknown = counts.get(None, 0)
        return TrustReport(
            asked=self._asked,
            basis=self._basis,
            scorer=self._scorer,
            score_note=self._note,
            card=card,
            fitting=sum(fits(ticket) for ticket in self._marks.judged),
            certifying=sum(certifies(one, self._scorer) for one in self._marks.certifying),
            scopes=scopes,
            voided=voided,
            left_out=self._marks.left_out,
            other_drafts=sum(counts.values()) - unknown - counts.get(self._under, 0),
            unknown_drafts=unknown,
        )

    def _score(self, basis: Basis) -> tuple[Scorer, str]:
        """Return the score to use, and a sentence about it."""
        stored = self._book.score()
        scorer = Scorer() if stored is None else stored.scorer
        held = replace(basis, score=scorer.version)
        resting = current_certificates(self._engine, held, self._asked.today)
        judged = self._judged()
        fitted = scorer.calibration
        if not self._asked.refit and (fitted is not None or resting):
            about = (
                f"kept: {len(resting)} certificates rest on it"
                if fitted is None
                else f"fitted on {fitted.labels} labels, {fitted.wrong} of them wrong"
            )
            more = " (--refit weighs the evidence anew; certificates then have to be shown anew)"
            grown = fitted is None or len(judged) >= 2 * fitted.labels
            return scorer, about + (more if grown else "")
        try:
            return fit_scorer(judged), f"fitted now on {len(judged)} labels"
        except NotFittedError as error:
            return scorer, f"{'the prior' if fitted is None else 'kept'}; {error}"

    def _judged(self) -> list[Judged]:
        """Return the fitting half of the labels."""
        return [
            Judged(
                features=reply.features,
                intent=reply.intent,
                right=self._marks.judged[reply.ticket],
            )
            for reply in self._traffic.replies
            if reply.ticket in self._marks.judged and fits(reply.ticket)
        ]

    def _card(self) -> Card | None:
        """Return how the score does on the labels it was not fitted on."""
        rows, right = [], []
        for reply in self._traffic.replies:
            mark = self._marks.certifying.get(reply.ticket)
            if mark is None or mark.wrong is None or mark.contradictory:
                continue
            if certifies(reply.ticket, self._scorer):
                rows.append(self._scorer.completed(reply.features, reply.intent))
                right.append(not mark.wrong)
        return self._scorer.card(rows, right) if rows else None

    def _void(self) -> tuple[tuple[Certificate, str], ...]:
        """Void what rests on something that is not in use any more."""
        found = []
        for one in self._book.valid():
            why = one.void_because(self._basis, self._asked.today)
            if why:
                found.append((one, why))
                if self._asked.issue:
                    self._book.void(one.id, reason=why, now=self._asked.now)
        return tuple(found)

    def _scope(self, scope: Scope) -> ScopeReport:
        test = ScopeTest(
            scope=scope,
            traffic=self._traffic,
            marks=self._marks,
            scorer=self._scorer,
            scores=self._scored,
            basis=self._basis,
            under=self._under,
            asked=self._asked,
            share=self._asked.delta / len(self._scopes),
            trust=self._workspace.settings.trust,
            book=self._book,
        )
        return test.report()
