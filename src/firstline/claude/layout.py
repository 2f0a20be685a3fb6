"""What of a ticket and its evidence goes into a prompt, when not everything fits.

Rank: the customer's message, the agreed question, fixed wording, record fields, the best passage,
the latest exchange; then, as extras, further passages, the conversation before, earlier tickets.
What must be there may use the whole budget; extras only what is left once the answer's schema,
which the API charges too, is paid for. A passage that does not fit is cut to its best whole
sentences before it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from firstline.claude.excerpts import asking, best_run, topics
from firstline.claude.sections import encode, labelled, moment, record_lines, section, turn
from firstline.claude.tokens import estimate
from firstline.records import Context, Evidence, EvidenceId, Message, Ticket

LATEST = 2
"""Earlier messages without which a follow-up cannot be understood."""
MOST_TURNS = 10
MOST_TICKETS = 3
_TURN_ROOM = 90.0
"""Tokens of one earlier message; more is cut to what it asks."""
_TICKET_ROOM = 70.0
_SMALLEST = 12.0
"""Tokens below which an excerpt says nothing."""
_LEAST_MESSAGE = 0.6
"""Share of a budget that is too small which the message may have."""
_TAGS = 7.0
"""Tokens of a section's two tags and their line breaks."""
_TASKS = 9.0
_UNUSED = frozenset({"critical"})
_NAME = "name"
_SHORTENED = "[shortened]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a prompt is made from."""

    ticket: Ticket
    context: Context
    question: str
    """The question the company agreed to ask, if there is one."""
    requests: int
    """How many things the message asks for, as far as the router can tell."""
    zone: ZoneInfo


@dataclass(slots=True, kw_only=True)
class Page:
    """What was chosen, in the order it is shown."""

    account: list[str] = field(default_factory=list)
    record: Evidence | None = None
    policy: list[tuple[Evidence, str]] = field(default_factory=list)
    knowledge: list[tuple[Evidence, str]] = field(default_factory=list)
    history: list[tuple[Evidence, str]] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    question: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A page as text, by the placeholders of `ticket.md`, and what its labels mean."""

    texts: dict[str, str]
    labels: dict[str, EvidenceId]


class Layout:
    """Fills one page. Rooms and costs are on the scale of `tokens.estimate`."""

    def __init__(self, case: Case, *, room: float, extras: float) -> None:
        """Start an empty page.

        Args:
            case: What there is.
            room: Tokens the user turn may have beside its fixed words.
            extras: How many of them are not for extras.
        """
        self._case = case
        self._room = room
        self._kept_free = extras
        self._asked = topics(f"{case.ticket.subject} {case.ticket.text}")
        self._page = Page()
        visible = [item for item in case.context.evidence if item.audience == "public"]
        self._passages = [item for item in visible if item.kind == "passage"]
        self._policies = [item for item in visible if item.kind == "policy"]
        self._records = [item for item in visible if item.kind == "record"]
        self._tickets = [item for item in visible if item.kind == "ticket"]
        self.over_budget = self._is_over()

    def fill(self) -> Page:
        """Return the page with everything that fits."""
        self._message()
        if self._case.question and self._take(estimate(self._case.question) + _TAGS):
            self._page.question = self._case.question
        self._policy()
        self._record()
        self._knowledge(self._passages[:1])
        turns = self._case.ticket.history[-MOST_TURNS:]
        self._conversation(turns[-LATEST:])
        self._room -= self._kept_free
        self._knowledge(self._passages[1:])
        self._conversation(turns[:-LATEST])
        self._earlier()
        return self._page

    def _is_over(self) -> bool:
        return estimate(self._whole()) + _TAGS + self._best() > self._room

    def _best(self) -> float:
        """Return what the best passage costs in its section."""
        if not self._passages:
            return 0.0
        return _cost(self._passages[0], self._passages[0].text) + _TAGS

    def _whole(self) -> str:
        ticket = self._case.ticket
        subject = "" if ticket.subject in ticket.text else ticket.subject
        files = len(ticket.attachments)
        note = f"({files} attached file{'s' * (files > 1)}, not shown)" if files else ""
        return "\n".join(part for part in (subject, ticket.text, note) if part)

    def _message(self) -> None:
        whole = self._whole()
        room = self._room - _TAGS - _TASKS
        if self.over_budget:
            question = estimate(self._case.question) + _TAGS if self._case.question else 0.0
            room = max(room - self._best() - question, room * _LEAST_MESSAGE)
        text = asking(whole, room - len(_SHORTENED) / 2) if estimate(whole) > room else whole
        self._page.message = text if text == whole else f"{text}\n{_SHORTENED}"
        self._room -= estimate(encode(self._page.message)) + _TAGS + _TASKS

    def _policy(self) -> None:
        for item in self._policies:
            if self._take(_cost(item, item.text)):
                self._page.policy.append((item, item.text))

    def _record(self) -> None:
        for record in self._records[:1]:
            wording = " ".join(item.text for item in self._policies)
            # The greeting is added by code, so the name is needed only where a sentence has a slot.
            hidden = _UNUSED if "{name}" in wording else _UNUSED | {_NAME}
            for line in record_lines(record, hidden):
                tags = 0.0 if self._page.account else 2 * _TAGS
                if not self._take(estimate(line) + 1.6 + tags):
                    break
                self._page.account.append(line)
                self._page.record = record

    def _knowledge(self, passages: Sequence[Evidence]) -> None:
        for item in passages:
            frame = _cost(item, "") + (0.0 if self._page.knowledge else _TAGS)
            room = self._room - frame
            if room < _SMALLEST and estimate(encode(item.text)) > room:
                continue
            text = best_run(item.text, self._asked, room)
            if text and self._take(estimate(encode(text)) + frame):
                self._page.knowledge.append((item, text))

    def _conversation(self, turns: Sequence[Message]) -> None:
        """Take messages from the latest back, so that what is shown has no gap."""
        for message in reversed(turns):
            line = turn(message, asking(message.text, _TURN_ROOM), self._case.zone)
            # The line that says when the message itself came costs about as much as two tags.
            tags = 0.0 if self._page.turns else 4 * _TAGS
            if not self._take(estimate(line) + 1.6 + tags):
                return
            self._page.turns.insert(0, line)

    def _earlier(self) -> None:
        for item in self._tickets[:MOST_TICKETS]:
            text = asking(item.text, _TICKET_ROOM)
            tags = 0.0 if self._page.history else _TAGS
            if self._take(_cost(item, text) + tags):
                self._page.history.append((item, text))

    def _take(self, cost: float) -> bool:
        if cost > self._room:
            return False
        self._room -= cost
        return True


def _cost(item: Evidence, body: str) -> float:
    return estimate(labelled("e1", item.title, body)) + 1.6


def show(page: Page, case: Case) -> Sections:
    """Return a page as encoded text."""
    labels: dict[str, EvidenceId] = {}

    def label(item: Evidence) -> str:
        name = f"e{len(labels) + 1}"
        labels[name] = item.id
        return name

    account = ""
    if page.record is not None:
        account = f"<{label(page.record)}>\n" + "\n".join(page.account)
    texts = {
        "account": section("account", account),
        "policy": section(
            "policy", "\n".join(labelled(label(item), "", text) for item, text in page.policy)
        ),
        "knowledge": section("knowledge", _titled(page.knowledge, label)),
        "history": section("history", _titled(page.history, label)),
        "conversation": _conversation(page, case),
        "question": section("question", encode(page.question)),
        "message": _message(page, case),
    }
    return Sections(texts=texts, labels=labels)


def _titled(items: Sequence[tuple[Evidence, str]], label: Callable[[Evidence], str]) -> str:
    shown: list[str] = []
    before = ""
    for item, text in items:
        shown.append(labelled(label(item), "" if item.title == before else item.title, text))
        before = item.title
    return "\n".join(shown)


def _conversation(page: Page, case: Case) -> str:
    if not page.turns:
        return ""
    now = f"{moment(case.ticket.received_at, case.zone)} customer: the message below"
    return section("conversation", "\n".join([*page.turns, now]))


def _message(page: Page, case: Case) -> str:
    text = section("message", encode(page.message))
    return f"{text}\nIt asks {case.requests} things." if case.requests > 1 else text
