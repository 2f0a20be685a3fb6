"""The quoting writer: answers what the knowledge base answers, in its own words, with its source.

It needs no model. It chooses the document that search put first, quotes whole sentences of it,
and says how sure it is; what it is not sure of goes to people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from firstline.pipeline.reading import names_in, question_of
from firstline.pipeline.writer import SURE_ROUTE, Assignment, courteous, hand_over
from firstline.proof.quotes import source_line
from firstline.proof.sentences import Unit, units, word_count, words
from firstline.records import Confidence, Draft, Evidence, Sentence

NAME = "quoting-writer"
VAGUE_WORDS = 3
"""A message with no more content words than this names no particular problem."""
BARE_WORDS = 1
"""A message of one content word asks nothing in particular, even where search finds something."""
NARROW_MARGIN = 0.02
"""Search scores of two documents closer than this are a tie."""
HALF_SURE = 0.5
"""Share of the answerable threshold above which a draft is still worth a reviewer's time."""
AGREED = 0.6
"""Share of the answerable threshold that is enough when a sure route names the same document.

The classifier has read the examples, search the articles: where both point at one document, each
is evidence for the other.
"""
MINIMUM_ROOM = 40
"""Words a quote may always have, however long its source line is."""
ENOUGH_WORDS = 40
"""Words after which a quote says enough to stand alone."""
ASKS_THE_WAY = frozenset("how where steps way set setup change add remove turn".split())
STOP_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from get had has have help hi "
    "hello hey how i i'm if in into is it its just like me my need no not of on or our please "
    "so than thank thanks that the their them then there they this to up us want was we what when "
    "where which who why will with would you your isn't doesn't don't can't won't it's i've "
    "anyone know tell about".split()
)
TROUBLE = frozenset(
    "work broken broke break problem issue wrong trouble error fail failur stuck down "
    "isnt doesnt cant wont dont not anymore again still now today".split()
)
"""Words that say that something is the matter but not what, stemmed."""


class QuotingWriter:
    """Quotes the knowledge base (handler `quote`)."""

    async def write(self, assignment: Assignment) -> Draft:
        """Return quotes of the best document, one clarifying question, or hand over."""
        passages = _allowed(assignment)
        sure, why = _confidence(assignment, passages)
        vague = _clarify(assignment, VAGUE_WORDS if sure == "low" else BARE_WORDS)
        if vague is not None or sure == "low":
            return vague or hand_over(NAME, why)
        settings = assignment.workspace.settings
        chosen = [item for item in passages if item.source == passages[0].source]
        source = Sentence(text=source_line(chosen[0]), kind="quote", evidence=(chosen[0].id,))
        room = max(settings.max_words - word_count(source.text), MINIMUM_ROOM)
        body = _quote(assignment.ticket.text, chosen, room)
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
    articles = assignment.spec.articles if assignment.spec else ()
    agreed = best.source in articles and assignment.route.probability >= SURE_ROUTE
    if answerable < settings.minimum_answerable * (AGREED if agreed else 1.0):
        return "medium", f"{best.source} may answer this ({answerable:.2f})"
    unmet = unmet_names(assignment, [item for item in passages if item.source == best.source])
    if unmet:
        return "medium", f"{best.source} does not mention {len(unmet)} of the names asked about"
    if len(assignment.route.requests) > 1:
        return "medium", f"{len(assignment.route.requests)} requests in one message"
    if articles and best.source not in articles:
        return "medium", f"{best.source} is not one of the intent's articles"
    rival = next((item for item in passages if item.source != best.source), None)
    if not articles and rival is not None and best.score - rival.score < NARROW_MARGIN:
        return "medium", f"{best.source} and {rival.source} answer equally well"
    return "high", f"{best.source} answers this ({answerable:.2f})"


def unmet_names(assignment: Assignment, held: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the names in the question that the evidence held never mentions.

    Somebody who asks about PayPal is not answered by a page that does not say PayPal.
    """
    said = {_stem(word) for item in held for word in words(f"{item.title} {item.text}")}
    own = {word for item in assignment.context.evidence for word in _own_words(item)}
    return tuple(
        name
        for name in names_in(question_of(assignment.ticket))
        if not {_stem(word) for word in words(name)} <= said | own
    )


def _own_words(item: Evidence) -> list[str]:
    """Return the words of a customer's own record: names that need no mention."""
    return [_stem(word) for _, value in item.fields for word in words(value)]


def _clarify(assignment: Assignment, most: int) -> Draft | None:
    """Return the intent's one question when the message has at most `most` content words."""
    spec, ticket = assignment.spec, assignment.ticket
    if spec is None or spec.clarify is None or assignment.route.unsure:
        return None
    said = [word for word in content(f"{ticket.subject} {ticket.text}") if word not in TROUBLE]
    if len(said) > most or ticket.history:
        return None
    question = Sentence(text=spec.clarify, kind="question")
    return Draft(
        action="clarify",
        sentences=courteous((question,), assignment),
        confidence="medium",
        reason="the message names no particular problem",
        model=NAME,
    )


def _quote(question: str, ranked: Sequence[Evidence], room: int) -> tuple[Sentence, ...]:
    """Return what fits of one document's passages, as sentences in the document's order.

    The best passage comes in whole or, when it is too long, as the run of units that shares most
    with the question. Others join it while little has been said; those with steps first, when the
    question is after a way to do something.
    """
    best = ranked[0]
    found = units(best.text)
    if sum(word_count(unit.text) for unit in found) > room:
        return _sentences(best, best_window(found, set(content(question)), room))
    picked, used = [best], word_count(best.text)
    others = list(ranked[1:])
    if _wants_steps(question) and not _has_steps(best):
        others.sort(key=lambda item: not _has_steps(item))
    for item in others:
        size = word_count(item.text)
        if used < ENOUGH_WORDS and used + size <= room:
            picked.append(item)
            used += size
    picked.sort(key=_number)
    return tuple(sentence for item in picked for sentence in _sentences(item, units(item.text)))


def _sentences(evidence: Evidence, window: Sequence[Unit]) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(text=text, kind="quote", evidence=(evidence.id,))
        for text in _paragraphs(evidence.text, window)
    )


def _wants_steps(question: str) -> bool:
    return not ASKS_THE_WAY.isdisjoint(words(question))


def _has_steps(evidence: Evidence) -> bool:
    return any(unit.kind == "item" for unit in units(evidence.text))


def _number(evidence: Evidence) -> int:
    """Return a passage's place in its document."""
    last = evidence.id.rpartition("#")[2]
    return int(last) if last.isdigit() else 0


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
