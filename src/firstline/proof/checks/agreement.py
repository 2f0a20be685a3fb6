"""Do the rules and the writer agree on who answers (R5.6)?

| code              | finds                                                          |
|-------------------|----------------------------------------------------------------|
| handover_in_reply | an answer that says a colleague will see to it                 |
| person_asked      | an answer to somebody who asks for a person                    |
| legal, threat, self_harm | an answer to a message with words of these              |
| deletion_demanded, money_demanded | an answer to a demand no machine may grant      |
| noted_signals     | an answer although signals the policy only notes add up        |
| unsure_answer     | an answer of low confidence                                    |
| legal_in_reply, threat_in_reply, self_harm_in_reply | words only a person should write |

All of them warn: rules and writer disagree, and a person settles it. The other direction,
a writer who hands over what looks like an ordinary question, is `needless_handover`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from firstline.proof.courtesies import courtesies
from firstline.proof.sentences import plain
from firstline.proof.subject import Subject, doubted
from firstline.proof.tone.asked import asks_in
from firstline.proof.tone.persons import DEMANDED, asked_reasons, reply_reasons
from firstline.proof.tone.reading import MOST_SENTENCES, excused, reading_of
from firstline.proof.tone.substance import is_handover
from firstline.records import OUT_OF_SCOPE, Draft, Finding, Reason, Route, Signal
from firstline.workspace import Settings

CHECK: Final = "agreement"
GRAVE: Final[frozenset[Signal]] = frozenset(
    {"threat", "self_harm", "danger", "bereavement", "legal"}
)
"""Signals one of which is enough to doubt an answer, even where the policy only notes it."""
_ADDS_UP: Final = 2
_DECIDED: Final[frozenset[str]] = frozenset({"", "over_refusal"})
"""Causes of a handover that was the writer's choice, not a failure on the way."""


def agreement(subject: Subject) -> tuple[Finding, ...]:
    """Check that nothing speaks for a person while the writer answers."""
    if subject.draft.action == "escalate":
        return ()
    found = [*_says_so(subject), *_in_the_reply(subject)]
    if subject.draft.action == "answer":
        found.extend(_by_the_message(subject))
        found.extend(_by_signals(subject))
        if subject.draft.confidence == "low" and not subject.foreign:
            found.append(doubted(CHECK, "the writer itself is not sure", code="unsure_answer"))
    return tuple(found)


def _says_so(subject: Subject) -> Iterator[Finding]:
    """Yield the first sentence of an answer that hands over."""
    agreed = courtesies(subject.workspace)
    for at, sentence in enumerate(subject.draft.sentences[:MOST_SENTENCES]):
        if not subject.foreign and sentence.kind in ("quote", "record"):
            continue
        if is_handover(sentence.text) and plain(sentence.text) not in agreed:
            detail = f"the reply hands over, the writer says {subject.draft.action}"
            yield doubted(CHECK, detail, code="handover_in_reply", sentence=at)
            return


def _in_the_reply(subject: Subject) -> Iterator[Finding]:
    reading = reading_of(subject)
    used: set[str] | None = None
    for code, detail, span in reply_reasons(reading.own):
        used = excused(subject) if used is None else used
        said = reading.own[slice(*span)].decode("ascii", "replace").split()
        # What the evidence says in these words (a policy on legal holds) is no writer's idea.
        if said[-1].strip(".,;:!?") in used and code == "legal_in_reply":
            continue
        at, (start, end) = reading.place(*span)
        yield Finding(
            check=CHECK, result="warn", detail=detail, sentence=at, code=code, start=start, end=end
        )


def _by_the_message(subject: Subject) -> Iterator[Finding]:
    for code, detail in asked_reasons(subject.asked):
        if subject.foreign and code.endswith(DEMANDED):
            # Another system may be allowed to delete and refund; nobody here knows.
            continue
        yield doubted(CHECK, f"{detail}, and the writer answers", code=code)


def _by_signals(subject: Subject) -> Iterator[Finding]:
    """Yield when signals the policy lets pass are grave, or add up; what it holds, is held."""
    if subject.route is None:
        return
    policy = subject.workspace.policies.signals
    noted = {
        item.signal
        for item in subject.route.signals
        if policy.get(item.signal, "escalate") == "note"
    }
    if len(noted) >= _ADDS_UP or not noted.isdisjoint(GRAVE):
        detail = f"noted signals: {', '.join(sorted(noted))}"
        yield doubted(CHECK, detail, code="noted_signals")


def needless_handover(
    draft: Draft, route: Route, asked: str, settings: Settings, *, answerable: float
) -> Reason | None:
    """Return a reason when a writer hands over what rules see as an ordinary question.

    For the gate, which knows drafts that escalate; no check runs on those. It changes nothing
    about who answers: it tells the reviewer, and the reports, that rules and writer disagree.

    Args:
        draft: The draft that hands over.
        route: Where the ticket was routed.
        asked: What the customer wrote.
        settings: The company's thresholds.
        answerable: How likely the knowledge base answers the message, 0 to 1.
    """
    if draft.action != "escalate" or draft.cause not in _DECIDED:
        return None
    ordinary = (
        not route.unsure
        and not route.signals
        and route.handler != "person"
        and route.intent not in (None, OUT_OF_SCOPE)
        and route.risk != "high"
        and len(route.requests) <= 1
        and route.probability >= settings.minimum_probability
        and answerable >= settings.minimum_answerable
    )
    if not ordinary or next(asked_reasons(asked), None) is not None or not asks_in(asked):
        return None
    detail = f"an ordinary question ({route.intent}, answerable {answerable:.2f}) was handed over"
    return Reason(code="needless_handover", detail=detail)
