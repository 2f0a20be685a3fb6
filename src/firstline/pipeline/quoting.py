"""The quoting writer: answers what the knowledge base answers, in its own words, with its source.

It needs no model. It chooses the document that search put first, quotes whole sentences of it,
and says how sure it is; what it is not sure of goes to people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from firstline.pipeline.writer import Assignment, courteous, hand_over
from firstline.proof.quotes import source_line
from firstline.proof.sentences import Unit, units, word_count, words
from firstline.records import Confidence, Draft, Evidence, Sentence

NAME = "quoting-writer"
VAGUE_WORDS = 3
"""A message with no more content words than this names no particular problem."""
NARROW_MARGIN = 0.02
"""Search scores of two documents closer than this are a tie."""
HALF_SURE = 0.6
"""Share of the answerable threshold above which a draft is still worth a reviewer's time."""
STOP_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from get had has have help hi "
    "hello hey how i i'm if in into is it its just like me my need no not of on or our please "
    "so than thank thanks that the their them then there they this to up us want was we what when "
    "where which who why will with would you your isn't doesn't don't can't won't it's i've "
    "anyone know tell about".split()
)


class QuotingWriter:
    """Quotes the knowledge base (handler `quote`)."""

    async def write(self, assignment: Assignment) -> Draft:
        """Return quotes of the best document, one clarifying question, or hand over."""
        passages = _allowed(assignment)
        sure, why = _confidence(assignment, passages)
        if sure == "low":
            return _clarify(assignment) or hand_over(NAME, why)
        settings = assignment.workspace.settings
        chosen = [item for item in passages if item.source == passages[0].source]
        room = settings.max_words - word_count(settings.disclosure) - 40
        body = _quote(assignment.ticket.text, chosen[0], max(room, 40))
        source = Sentence(text=source_line(chosen[0]), kind="quote", evidence=(chosen[0].id,))
        return Draft(
            action="answer",
            sentences=courteous((*body, source), assignment),
            confidence=sure,
            reason=why,
            model=NAME,
        )


def _allowed(assignment: Assignment) -> list[Evidence]:
    return [
        item
        for item in assignment.context.evidence
        if item.kind == "passage" and item.audience == "public"
    ]


def _confidence(assignment: Assignment, passages: Sequence[Evidence]) -> tuple[Confidence, str]:
    """Return how sure the writer is that the first passage answers, and why."""
    settings = assignment.workspace.settings
    answerable = assignment.context.answerable
    if not passages:
        return "low", "nothing in the knowledge base is about this"
    if answerable < HALF_SURE * settings.minimum_answerable:
        return "low", f"the knowledge base hardly answers this ({answerable:.2f})"
    best = passages[0]
    if answerable < settings.minimum_answerable:
        return "medium", f"{best.source} may answer this ({answerable:.2f})"
    if len(assignment.route.requests) > 1:
        return "medium", f"{len(assignment.route.requests)} requests in one message"
    articles = assignment.spec.articles if assignment.spec else ()
    if articles and best.source not in articles:
        return "medium", f"{best.source} is not one of the intent's articles"
    rival = next((item for item in passages if item.source != best.source), None)
    if not articles and rival is not None and best.score - rival.score < NARROW_MARGIN:
        return "medium", f"{best.source} and {rival.source} answer equally well"
    return "high", f"{best.source} answers this ({answerable:.2f})"


def _clarify(assignment: Assignment) -> Draft | None:
    """Return the intent's one question when the message is too vague to answer."""
    spec, ticket = assignment.spec, assignment.ticket
    if spec is None or spec.clarify is None or assignment.route.unsure:
        return None
    if len(content(f"{ticket.subject} {ticket.text}")) > VAGUE_WORDS or ticket.history:
        return None
    question = Sentence(text=spec.clarify, kind="question")
    return Draft(
        action="clarify",
        sentences=courteous((question,), assignment),
        confidence="medium",
        reason="the message names no particular problem",
        model=NAME,
    )


def _quote(question: str, evidence: Evidence, room: int) -> tuple[Sentence, ...]:
    """Return the part of a passage that fits and shares most with the question, as sentences."""
    window = best_window(units(evidence.text), set(content(question)), room)
    return tuple(
        Sentence(text=text, kind="quote", evidence=(evidence.id,))
        for text in _paragraphs(evidence.text, window)
    )


def _paragraphs(text: str, window: Sequence[Unit]) -> list[str]:
    """Join the units of one list or paragraph, so that a reply keeps the document's shape."""
    if not window:
        return []
    parts = [window[0].text]
    for before, after in pairwise(window):
        gap = text[before.end : after.start]
        joint = " " if "\n" not in gap else "\n"
        if gap.count("\n") > 1:
            parts.append(after.text)
        else:
            parts[-1] += joint + after.text
    return parts


def best_window(found: Sequence[Unit], asked: set[str], room: int) -> Sequence[Unit]:
    """Return the run of consecutive units within `room` words that shares most with a question.

    A unit counts for every asked word it has, rarer words for more. All of it is returned when
    all of it fits. Quadratic in the units of one passage, which are few.
    """
    sizes = [word_count(unit.text) for unit in found]
    if sum(sizes) <= room:
        return found
    held = [asked & set(content(unit.text)) for unit in found]
    spread = Counter(word for shared in held for word in shared)
    worth = [sum(1.0 / spread[word] for word in shared) for shared in held]
    best: tuple[float, int, int] = (-1.0, 0, 0)
    for start in range(len(found)):
        used, value = 0, 0.0
        for end in range(start, len(found)):
            used += sizes[end]
            if used > room:
                break
            value += worth[end]
            best = max(best, (value, -start, end + 1))
    _, start, end = best
    return found[-start:end]


def content(text: str) -> list[str]:
    """Return the distinct words of a text that carry meaning, roughly stemmed."""
    return list(dict.fromkeys(_stem(word) for word in words(text) if word not in STOP_WORDS))


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > len("abc"):
            return word.removesuffix(ending)
    return word
