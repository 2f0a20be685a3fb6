"""The stages that read: intake, route, context. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from firstline.pipeline.context import tokens_of
from firstline.pipeline.reading import question_of, reading_text
from firstline.records import Answer, Context, Evidence, EvidenceId, Message, Ticket
from firstline.web.paths import place
from firstline.web.tickets.views import (
    Cell,
    Facts,
    Item,
    Items,
    Row,
    StageView,
    Table,
    Tone,
    Words,
    badge,
    fact,
    pieces,
    words,
)
from firstline.web.tickets.world import World

INTENTS = 5
"""Intents that are shown."""
TIMES = tuple[float | None, float | None]
RISK: dict[str, Tone] = {"low": "good", "medium": "warn", "high": "bad"}
BY = {
    "rule": "a rule: no classifier was asked",
    "local": "the local classifier",
    "model": "a model, because the local classifier was not sure",
}
WHO = {
    "quote": "the quoting writer: the knowledge base, word for word",
    "record": "the record writer: agreed sentences with the customer's own values",
    "rule": "the fixed answer of this intent",
    "model": "a model",
    "person": "a person",
}
MASKED = "Masked nothing: no card, account or identity number was recognised."


def intake_view(answer: Answer, world: World) -> StageView:
    """Explain what came in and what was made of it."""
    ticket = answer.ticket
    customer = "nobody named" if ticket.customer is None else ticket.customer
    facts = (
        fact("Channel", ticket.channel, "badge"),
        fact("Received", ticket.received_at, "time"),
        fact("Sender’s id", ticket.external_id, "code"),
        fact("Customer", customer, tone="" if ticket.customer else "quiet"),
        fact("Known to be them", "yes, the channel vouches" if ticket.verified else "no"),
        fact("Language", f"{ticket.language.code}, {ticket.language.confidence:.0%} sure"),
        fact("Conversation", ticket.conversation, "code"),
        *(
            (fact("Read from", place(ticket.source, world.workspace), "code"),)
            if ticket.source
            else ()
        ),
    )
    flags = tuple(Item(key=flag, badges=(badge(flag, "bad"),)) for flag in ticket.flags)
    signals = tuple((item.start, item.end, item.reason) for item in answer.route.signals)
    text = reading_text(ticket)
    shift = 0 if ticket.subject else 1
    spans = tuple((start - shift, end - shift, told) for start, end, told in signals)
    blocks = (
        Facts(facts=facts),
        words("Message", text[shift:], spans),
        Items(title="Not to be answered automatically", items=flags),
        Items(title="Earlier in this conversation", items=tuple(_turns(ticket)), folded=True),
        Words(
            title="Taken off: quoted history and signature",
            pieces=pieces(ticket.quoted, ()),
            folded=True,
        ),
        Items(title="Attachments: listed, never opened", items=tuple(_files(ticket))),
    )
    masked = f"masked: {', '.join(ticket.masked)}" if ticket.masked else ""
    size = f"{len(ticket.text):,} characters by {ticket.channel}"
    return StageView(
        key="intake",
        title="Intake",
        lead="Makes the message plain, parts what is new from what is quoted, masks, dates it.",
        reads=f"what {ticket.channel} delivered",
        headline=f"{size}, {masked}." if masked else f"{size}.",
        tone="bad" if ticket.flags else "good",
        idle=tuple(_intake_idle(ticket)),
        blocks=tuple(block for block in blocks if _says(block)),
    )


def _says(block: Facts | Items | Words) -> bool:
    match block:
        case Facts():
            return bool(block.facts)
        case Items():
            return bool(block.items) or bool(block.empty)
        case Words():
            return bool(block.text)


def _turns(ticket: Ticket) -> Iterator[Item]:
    for at, turn in enumerate(ticket.history):
        yield _turn(at, turn)


def _turn(at: int, turn: Message) -> Item:
    note = () if turn.sent_at is None else (Cell(value=turn.sent_at, look="time"),)
    return Item(key=f"{at}", badges=(badge(turn.author, "quiet"),), text=turn.text, note=note)


def _files(ticket: Ticket) -> Iterator[Item]:
    for at, item in enumerate(ticket.attachments):
        note = (Cell(value=item.media_type), Cell(value=f"{item.size:,} bytes"))
        yield Item(key=f"{at}", text=item.name, note=note)


def _intake_idle(ticket: Ticket) -> Iterator[str]:
    if not ticket.masked:
        yield MASKED
    if not ticket.quoted:
        yield "Took nothing off: no quoted history or signature was found."
    if not ticket.history:
        yield "Brought no earlier turn: this is the first message that came with its ticket."


def route_view(answer: Answer, world: World, times: TIMES = (None, None)) -> StageView:
    """Explain where the ticket went."""
    route, ticket = answer.route, answer.ticket
    spec = world.workspace.intent(route.intent)
    facts = (
        fact("Decided by", BY[route.source]),
        fact("Goes to", WHO[route.handler]),
        fact("Risk", route.risk, "badge", tone=RISK[route.risk]),
        fact("Urgency", route.urgency, "badge", tone="warn" if route.urgency == "high" else ""),
        fact("In scope", route.in_scope if route.source != "rule" else None, "share"),
        fact("Sure", "no" if route.unsure else "yes", tone="warn" if route.unsure else ""),
        fact("Reason", route.reason),
        *((fact("The intent is", spec.description),) if spec and spec.description else ()),
    )
    rows = tuple(
        Row(
            key=str(score.intent),
            cells=(
                Cell(value=str(score.intent), look="code"),
                Cell(value=score.probability, look="share"),
            ),
        )
        for score in route.intents[:INTENTS]
    )
    signals = tuple(
        Item(
            key=f"{item.signal} {item.reason}",
            badges=(badge(item.signal, "warn"),),
            text=item.reason,
        )
        for item in route.signals
    )
    requests = (
        tuple(
            Item(
                key=f"{item.intent} {item.start}",
                badges=(badge(str(item.intent)),),
                text=ticket.text[item.start : item.end],
                note=(Cell(value=item.probability, look="share"),),
            )
            for item in route.requests
        )
        if len(route.requests) > 1
        else ()
    )
    return StageView(
        key="route",
        title="Route",
        lead="Says what is asked, how risky it is, and who may answer it.",
        reads=f"the message, {len(reading_text(ticket).strip()):,} characters",
        headline=_routed(answer),
        tone="warn" if route.unsure or route.signals else "good",
        idle=tuple(_route_idle(answer)),
        wall_ms=times[0],
        cpu_ms=times[1],
        blocks=(
            Facts(facts=facts),
            *(
                (
                    Table(
                        title="Likeliest intents",
                        columns=("Intent", "Probability"),
                        rows=rows,
                        numbers=(1,),
                    ),
                )
                if rows
                else ()
            ),
            *((Items(title="Signals, whatever the intent", items=signals),) if signals else ()),
            *(
                (Items(title="Several requests in one message", items=requests),)
                if requests
                else ()
            ),
        ),
    )


def _routed(answer: Answer) -> str:
    route = answer.route
    if route.intent is None:
        return f"No intent: {route.reason}."
    sure = "not sure enough of it" if route.unsure else f"handled by {route.handler}"
    return f"{route.intent} at {route.probability:.0%}, {sure}."


def _route_idle(answer: Answer) -> Iterator[str]:
    route = answer.route
    if route.source == "rule":
        yield f"Asked no classifier: {route.reason}."
    if not route.signals:
        yield "Held nothing for its signals: no threat, demand for a person or the like was found."
    asked = any(hop.by == "router" for hop in answer.draft.hops)
    if not asked and route.source == "local":
        why = (
            "a person gets the ticket whatever is written, or the company uses no models"
            if route.unsure
            else "the local classifier is sure"
        )
        yield f"Asked no model where it goes: {why}."
    if len(route.requests) < 2 and route.source != "rule":  # noqa: PLR2004 - several begin with two
        yield "Split nothing: the message asks for one thing."


def context_view(answer: Answer, world: World, times: TIMES = (None, None)) -> StageView:
    """Explain what evidence was collected, and what was not."""
    context = answer.context
    settings = world.workspace.settings
    enough = context.answerable >= settings.minimum_answerable
    facts = (
        fact("Tokens", f"{context.tokens:,} of {settings.token_budget:,} allowed"),
        fact("The articles answer it", context.answerable, "share", tone="" if enough else "warn"),
        fact("Needed to rely on that", settings.minimum_answerable, "share"),
        fact("Passages looked for", settings.passages, "number"),
        fact("Searched for", question_of(answer.ticket) or None),
    )
    missing = tuple(
        Item(key=item, badges=(badge("not asked", "bad"),), text=item) for item in context.missing
    )
    kept = tuple(evidence_item(item) for item in context.evidence)
    trimmed = tuple(_trimmed(key, world) for key in context.trimmed)
    return StageView(
        key="context",
        title="Context",
        lead="Collects the evidence a writer may rest on, best first, within its budget.",
        reads="the message, the route, the customer’s name if the channel vouches for it",
        headline=_collected(context),
        tone="bad" if context.missing else "good" if enough else "warn",
        idle=tuple(_context_idle(answer, world)),
        wall_ms=times[0],
        cpu_ms=times[1],
        blocks=(
            Facts(facts=facts),
            *((Items(title="Sources that could not be asked", items=missing),) if missing else ()),
            Items(
                title="Evidence that was given to the writer",
                items=kept,
                numbered=True,
                empty="None.",
            ),
            *(
                (Items(title="Found, but trimmed: it did not fit the budget", items=trimmed),)
                if trimmed
                else ()
            ),
        ),
    )


def _collected(context: Context) -> str:
    kinds = [item.kind for item in context.evidence]
    named = [
        f"{kinds.count(kind)} {name if kinds.count(kind) == 1 else name + 's'}"
        for kind, name in (
            ("passage", "passage"),
            ("record", "customer record"),
            ("policy", "fixed answer"),
            ("ticket", "earlier ticket"),
        )
        if kind in kinds
    ]
    found = ", ".join(named) if named else "Nothing was found"
    less = f"; {len(context.trimmed)} trimmed" if context.trimmed else ""
    return f"{found}{less}, {context.tokens:,} tokens."


def evidence_item(item: Evidence) -> Item:
    """Return a piece of evidence, with its text folded."""
    inside: tuple[Cell, ...] = (badge("internal", "bad"),) if item.audience == "internal" else ()
    score = (Cell(value=f"score {item.score:.3f}"),) if item.kind == "passage" else ()
    return Item(
        key=str(item.id),
        badges=(badge(item.kind, "quiet"), *inside),
        text=item.title or item.source,
        note=(
            Cell(value=str(item.id), look="code"),
            *score,
            Cell(value=f"{tokens_of(item)} tokens"),
            Cell(value=f"version {item.version[:12]}"),
            Cell(value=item.fetched_at, look="time"),
        ),
        long=item.text,
        fields=item.fields,
        anchor=anchor_of(item.id),
    )


def anchor_of(key: EvidenceId) -> str:
    """Return the place of evidence on the page: letters, digits and hyphens only."""
    return "e-" + "".join(sign if sign.isalnum() else "-" for sign in key)


def _trimmed(key: EvidenceId, world: World) -> Item:
    found = world.passage(key)
    if found is None:
        note = (Cell(value="only its name was kept"),)
        return Item(key=str(key), text=str(key), note=note, quiet=True)
    return Item(
        key=str(key),
        badges=(badge("passage", "quiet"),),
        text=found.title,
        note=(Cell(value=str(key), look="code"), Cell(value="as it stands today")),
        long=found.text,
        quiet=True,
    )


def _context_idle(answer: Answer, world: World) -> Iterator[str]:
    context, ticket = answer.context, answer.ticket
    kinds = {item.kind for item in context.evidence}
    named = {key.partition(":")[0] for key in context.trimmed}
    if "record" not in kinds | named:
        yield f"Read no customer record: {_no_record(ticket, world, context)}."
    if "policy" not in kinds | named:
        yield "Took no fixed answer: the intent has none."
    if "passage" not in kinds and not context.trimmed:
        yield "Took no passage: the search found none, or there was nothing to search for."
    if "ticket" not in kinds | named:
        why = "they have none here" if ticket.verified else "the sender is not known to be them"
        yield f"Read no earlier ticket of the customer: {why}."
    if not context.trimmed:
        yield "Trimmed nothing: all that was found fits."


def _no_record(ticket: Ticket, world: World, context: Context) -> str:
    if any(item.startswith("customers:") for item in context.missing):
        return "the records could not be asked"
    if not world.has_customers:
        return "the company has no customer records here"
    if ticket.customer is None:
        return "the message names no customer"
    if not ticket.verified:
        return "the sender is not known to be the customer, so they get general knowledge only"
    return "there is none for this customer, or the stage did not come to it"
