"""A made-up company's drafts with a known truth, stored as a run would store them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from tests.builders import NOON, a_context, a_draft, a_passage, a_quote, a_route, a_ticket, passed

from firstline.desk.basis import made_under
from firstline.pipeline.record import stage_bodies
from firstline.records import Answer, Intent, IntentScore, TicketId, Verdict
from firstline.store import Inbox, TicketStore
from firstline.store.answered import BASIS
from firstline.store.labels import LabelLedger, NewLabel
from firstline.store.samples import SampleBook
from firstline.store.schema import stage
from firstline.trust.certificate import Basis

IN_USE = Basis(models="no models", prompts="p1", knowledge="k1", checks="c1", score="prior-1")
NEXT_WEEK = NOON + timedelta(days=7)
INTENTS = (Intent("export_data"), Intent("import_data"))


@dataclass(frozen=True, slots=True)
class World:
    """Which stored drafts are wrong."""

    wrong: Mapping[TicketId, bool]

    @property
    def tickets(self) -> list[TicketId]:
        """All of them."""
        return list(self.wrong)


def an_answer(name: str, quality: float, intent: Intent = INTENTS[0]) -> Answer:
    """Return an answer whose evidence is as good as `quality` says, from 0 to 1."""
    return Answer(
        ticket=a_ticket(name, channel="email"),
        route=a_route(intents=(IntentScore(intent=intent, probability=0.55 + 0.45 * quality),)),
        context=a_context(
            a_passage(score=0.4 + 0.5 * quality),
            a_passage(id="other#1", score=0.35),
            answerable=0.55 + 0.45 * quality,
        ),
        draft=a_draft(a_quote("Open the board menu. Choose Export within 14 days.")),
        findings=passed(),
        verdict=Verdict(action="review", score=0.5, reasons=(), autonomy="review"),
    )


def populate(
    engine: sa.Engine,
    count: int,
    *,
    basis: Basis | None = IN_USE,
    worst: float = 0.3,
    seed: int = 3,
    prefix: str = "t",
    flat: bool = False,
) -> World:
    """Store answered tickets; a draft is wrong with probability `worst` (1 - quality)^3.

    Args:
        engine: The database.
        count: Tickets.
        basis: What was in use; None: it is not recorded.
        worst: How often the worst drafts are wrong.
        seed: Of the draw.
        prefix: Of the tickets' ids.
        flat: Draw errors without regard to quality: the score then knows nothing.
    """
    draw = random.Random(seed)  # noqa: S311 - drawing test drafts
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    answers, wrong = [], {}
    for at in range(count):
        quality = draw.random()
        answer = an_answer(f"{prefix}{at}", quality, INTENTS[at % 2])
        answers.append(answer)
        risk = worst / 4 if flat else worst * (1 - quality) ** 3
        wrong[answer.ticket.id] = draw.random() < risk
    store.accept([(at, answer.ticket) for at, answer in enumerate(answers)])
    rows = []
    for answer in answers:
        under = () if basis is None else ((BASIS, made_under(basis)),)
        rows += [
            {"ticket": answer.ticket.id, "stage": name, "body": body, "wall_ms": 0.0, "cpu_ms": 0.0}
            for name, body in (*stage_bodies(answer), *under)
        ]
    with engine.begin() as connection:
        connection.execute(stage.insert(), rows)
    return World(wrong)


def draw_all(engine: sa.Engine, tickets: Iterable[TicketId], *, now: datetime = NOON) -> None:
    """Draw every one of these tickets."""
    SampleBook(engine).draw(list(tickets), rate=1.0, by="lead", now=now)


def label_all(
    engine: sa.Engine,
    said: Mapping[TicketId, bool | None],
    *,
    by: str = "ann",
    blind: bool = True,
    now: datetime = NOON,
) -> None:
    """Write down what a reviewer says of drawn drafts."""
    LabelLedger(engine).add(
        [
            NewLabel(ticket=ticket, kind="audit", wrong=wrong, by=by, blind=blind)
            for ticket, wrong in said.items()
        ],
        now=now,
    )
