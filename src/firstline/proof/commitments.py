"""Finding what a reply promises: who, what, by when.

A promise is something the company is to do for this customer: "we'll e-mail you within 2 hours",
"our billing team will call you by Friday", "let me check with our engineers", "you will receive a
call", "expect an answer within 1 business day". No promises are questions, offers and what depends
on the customer ("if you send the invoice, we will look at it"), refusals ("we will not charge
you"), and what a person only may do.

Patterns are RE2's and each runs once over a sentence; a promise ends where the next begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import re2

from firstline.proof.policy.deadlines import Deadline, find_deadline
from firstline.proof.policy.phrases import encodable, folded
from firstline.proof.sentences import plain

LONGEST = 4_000
"""Characters of a sentence that are read for promises."""
MOST = 50
"""Promises that are read of one reply."""
_TEAM = (
    r"team|teams|department|staff|specialists?|engineers?|agents?|colleagues?|representatives?"
    r"|reps?"
    r"|experts?|managers?|members?|persons?|people|technicians?|developers?|advisors?|advisers?"
    r"|support|billing|finance|engineering|desk|office|supervisors?|technician|owner of this"
)
_VERBS = (
    r"e-?mail|call|phone|ring|text|message|write|send|post|mail|ship|deliver|refund|reimburse"
    r"|repay|pay|credit|compensate|check|verify|review|investigate|look|examine|contact|update"
    r"|notify|inform|tell|let you|follow|get back|get in|get (?:this|that|it|you)|reach|reply"
    r"|respond|answer|confirm|arrange|organi[sz]e|schedule|process|issue|cancel|close|escalate"
    r"|forward|pass|raise|file|open|log|report|fix|repair|resolve|solve|sort|handle|replace|reset"
    r"|remove|delete|restore|recover|transfer|connect|put you|add|apply|extend|waive|reduce|adjust"
    r"|correct|change|keep you|share|provide|give|offer|help|assist|take care|make sure|see to it"
    r"|ensure|ask|find out|come back|return|touch base|chase|monitor|talk|speak|discuss|work"
)
_ADVERBS = (
    r"(?:\s+(?:also|then|now|personally|certainly|gladly|happily|definitely|absolutely|immediately"
    r"|shortly|soon|quickly|promptly|of course|be sure to|make sure to|do our best to|try to|just"
    r"|always|surely|next|instead|still|be happy to|be glad to|be able to|go ahead and"
    r"|proceed to))*"
)
_WILL = r"(?:'ll|\s+will|\s+shall|\s+(?:am|are|is)\s+going\s+to|'m\s+going\s+to|'re\s+going\s+to)"
_PROMISE = re2.compile(
    # we will, I'll, we promise to
    rf"\b(?P<own>we|i)(?:{_WILL}|\s+(?:promise|commit|undertake|guarantee|pledge)\s+(?:you\s+)?to)"
    rf"{_ADVERBS}\s+(?P<own_verb>(?:be\s+)?[\w-]+(?:\s+[\w-]+)?)"
    # our billing team will, someone from support will, a person on our team has it and will
    rf"|\b(?P<team>(?:(?:our|the|my|a|an|another|one of our|one of the)\s+(?:[\w-]+\s+){{0,3}}"
    rf"(?:{_TEAM})\b(?:\s+(?:from|of|on|in|at)\s+(?:[\w-]+\s+){{0,3}}[\w-]+)??"
    r"|(?:support|billing|finance|engineering|sales|security|compliance|customer\s+(?:care|service"
    r"|support|success))(?:\s+team)?"
    r"|some(?:one|body)(?:\s+(?:else\s+)?(?:from|of|on|in|at)\s+(?:[\w-]+\s+){0,3}[\w-]+)??))"
    rf"(?:\s+(?:has|have)\s+\w+\s+and)?{_WILL}{_ADVERBS}\s+(?P<team_verb>(?:be\s+)?[\w-]+)"
    # they'll e-mail you: only what is done to the customer, for "they" are often the customer's
    rf"|\b(?P<they>they|he|she){_WILL}{_ADVERBS}\s+(?P<they_verb>e-?mail|call|phone|contact"
    r"|reach out|reply|respond|get back|get in touch|be in touch|follow up|assist|refund|notify"
    r"|update|send you|help you|let you know)\b"
    # you will receive a call, you can expect
    r"|\b(?P<you>you)(?:'ll|\s+will|\s+shall|\s+should|\s+are\s+going\s+to|\s+can)\s+"
    r"(?:also\s+|then\s+|soon\s+|shortly\s+)*(?P<you_verb>receive|get|hear|expect|see|be\s+(?:contacted"
    r"|called|e-?mailed|refunded|notified|informed|credited|reimbursed|updated|compensated"
    r"|hearing|getting|receiving))\b"
    r"|\b(?P<expect>(?:please\s+)?expect\s+(?:to\s+hear|a|an|our|the|your))\b"
    # your refund will be processed
    r"|\b(?P<passive>(?:your|the|this|that|it|a|an|any|all)(?:\s+[\w-]+){0,4}?\s+(?:will|shall)\s+be"
    r"\s+(?:[\w-]+ly\s+)?(?:refunded|credited|reimbursed|repaid|paid|compensated|contacted|called"
    r"|resolved|fixed|shipped|dispatched|replaced|escalated|forwarded|waived|processed|issued"
    r"|investigated|reviewed|prioriti[sz]ed|sorted))\b"
    r"|\b(?P<done>(?:your|the|this|that|it|a|an|any|all)(?:\s+[\w-]+){0,4}?\s+(?:will|shall)\s+be"
    r"\s+(?:[\w-]+ly\s+)?(?:sent|e-?mailed|delivered|completed|restored|removed|deleted|cancelled"
    r"|canceled|applied|updated|activated|available|ready|back|finished|corrected|live))\b"
    # we answer within a day: a habit is a promise where it has a deadline
    r"|\b(?P<habit>(?:we|our\s+(?:[\w-]+\s+){0,2}team)\s+(?:usually\s+|typically\s+|normally\s+"
    r"|always\s+|aim\s+to\s+|try\s+to\s+|will\s+)?(?:answer|answers|reply|replies|respond|responds"
    r"|get\s+back|gets\s+back|call|calls|e-?mail|e-?mails|refund|process|resolve|fix|ship|send))\b"
    # let me check, I'm escalating this
    r"|\b(?P<implied>let\s+(?:me|us)\s+(?:just\s+|quickly\s+)?(?:check|look|find|ask|see|confirm|get"
    r"|forward|escalate|connect|transfer|investigate|verify|follow|pass|speak|talk|raise|put|arrange))"
    r"|\b(?P<doing>(?:i'm|i\s+am|we're|we\s+are)\s+(?:now\s+|currently\s+|already\s+|just\s+)?"
    r"(?:checking|looking\s+into|investigating|escalating|forwarding|following\s+up|reaching\s+out"
    r"|processing|arranging|contacting|passing|transferring|connecting|raising|sending|working\s+on"
    r"|refunding|crediting|issuing))\b"
)
_UNCAPTURED = re2.Options()
_UNCAPTURED.never_capture = True
_ANY_PROMISE = re2.compile(_PROMISE.pattern, _UNCAPTURED)
_NEEDS_DEADLINE = ("done", "habit")
"""What is mostly said of the product; with a deadline it is a promise."""
_COURTEOUS = re2.compile(r"\b(?:happy|glad)\s+to\s+(?:help|assist|answer|be|hear)\b")
_SENT_TO_YOU = re2.compile(
    r"\b(?:calls?|e-?mails?|reply|replies|response|answer|refund|credit|update|confirmation|message"
    r"|from us|from our|from me|back|compensation|reimbursement|money|replacement"
    r"|follow-up|letter)\b"
)
_NO_PROMISE = re2.compile(
    r"^(?:be\s+)?(?:not|never|no|need|needs|require|see|know|understand|miss|appreciate|assume|have"
    r"|only|happy|glad|delighted|sorry|pleased|unable|able|love|like|want|hope|wait|remain|"
    r"always|require|require[sd]|available|aware)\b"
)
_GROUPS = _PROMISE.groupindex
_BE = re2.compile(r"^be\s+(?:\w+ing|in|back|with|right|refunded|given|sent|there)\b")
_MORE = re2.compile(
    rf"(?:,\s*(?:and\s+|then\s+)*|;\s*|\s+and\s+(?:then\s+|also\s+)?)(?:will\s+|to\s+)?"
    rf"(?P<verb>{_VERBS})\b"
)
_CONDITION_BEFORE = re2.compile(
    r"\b(?:if|unless|in case|provided|otherwise|should\s+you|whenever|(?:once|when|after|as soon as"
    r"|until|whether)\s+(?:you|your))\b"
    r"|\b(?:reply|respond|write|send|e-?mail|call|contact|let\s+us\s+know|tell\s+us|give\s+us|share"
    r"|provide|attach|ask|choose|select|click|open|go\s+to|confirm)\b[^.;]*\b(?:and|so|then|so\s+that)"
    r"\s*,?\s*$"
)
_CONDITION_AFTER = re2.compile(
    r"\b(?:if|unless|in case|provided(?:\s+that)?|should\s+you"
    r"|(?:once|when|whenever|after|as soon as)\s+(?:you|your))\b"
)
_OWN_CLAUSE = re2.compile(r"[;:]|,\s*(?:and|but|so)\s|\s(?:and|but)\s+(?:if|in case|should)\b|—|–")
_TRAILING = re2.compile(r"(?i)[\s,;.]+(?:and|but|so|then)?\s*$")
_OTHER_CLAUSE = re2.compile(
    r"(?:,|\s+-|\s+—)?\s+(?:and|but|so)\s+(?:if|in case|should|please|feel free|let us know|you\s)"
)
"""Where a clause begins that is not part of the promise before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise of a reply."""

    sentence: int
    start: int
    """Offset into the sentence, in characters."""
    end: int
    who: str
    """As written: `we`, `our billing team`."""
    what: str
    """The words of the promise."""
    deadline: Deadline | None = None

    @property
    def by(self) -> str:
        """By when, as written; empty when it does not say."""
        return self.deadline.text if self.deadline else ""

    @property
    def fingerprint(self) -> str:
        """The hash of its words: the same promise again has the same."""
        return hashlib.sha256(plain(self.what).casefold().encode()).hexdigest()[:24]


def find_promises(sentences: Sequence[str]) -> tuple[Promise, ...]:
    """Return what sentences promise, in order. Linear in their length."""
    found: list[Promise] = []
    if not _may_promise(sentences):
        return ()
    for at, text in enumerate(sentences):
        for promise in _in_sentence(at, encodable(text[:LONGEST])):
            found.append(promise)
            if len(found) == MOST:
                return tuple(found)
    return tuple(found)


def _may_promise(sentences: Sequence[str]) -> bool:
    """Whether any sentence may promise something: one look at them all, which most fail.

    Whatever the pattern finds in a sentence it finds in the whole, and nothing is captured.
    """
    whole = "\n".join(_readable(encodable(text[:LONGEST])) for text in sentences)
    return _ANY_PROMISE.search(whole) is not None


def _in_sentence(at: int, text: str) -> Iterator[Promise]:
    plainer = _readable(text)
    matches = [match for match in _PROMISE.finditer(plainer) if _is_promise(match)]
    for number, match in enumerate(matches):
        following = matches[number + 1].start() if number + 1 < len(matches) else len(text)
        start = match.start()
        clause_start = _sentence_start(plainer, start)
        end = _clause_end(plainer, match.end(), following)
        if _depends(plainer, clause_start, start, match.end(), end) or _asks(plainer, end):
            continue
        who = _who(text, match)
        for first, last in _parts(plainer, start, match.end(), end):
            words = _TRAILING.sub("", text[first:last]).strip(" ,;.")
            deadline = find_deadline(text[first:last])
            if deadline is None and not _is_firm(match, plainer[first:last]):
                continue
            yield Promise(
                sentence=at, start=first, end=last, who=who, what=words, deadline=deadline
            )


def _readable(text: str) -> str:
    """Return text in small letters with straight quotes, character for character where possible."""
    lowered = text.replace("’", "'").replace("‘", "'").lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def _is_promise(match: re2._Match[str]) -> bool:
    if _COURTEOUS.search(match.group(0)):
        return False
    verb = match.group("own_verb") or match.group("team_verb")
    if verb is None:
        return True
    if verb.startswith("be "):
        return _BE.match(verb) is not None
    return _NO_PROMISE.match(verb) is None


def _is_firm(match: re2._Match[str], words: str) -> bool:
    """Whether words without a deadline promise anything to this customer."""
    if any(match.group(name) for name in _NEEDS_DEADLINE):
        return False
    if match.group("you_verb") in ("receive", "get", "expect", "see"):
        return match.group("you_verb") != "see" and _SENT_TO_YOU.search(words) is not None
    return True


def _sentence_start(text: str, at: int) -> int:
    """Return where the sentence around an offset begins: a sentence of a reply may hold several."""
    return max(text.rfind(mark, 0, at) for mark in (". ", "! ", "? ", "\n", ";")) + 1


def _clause_end(text: str, start: int, following: int) -> int:
    marks = (". ", "! ", "? ", "\n", ";")
    found = (text.find(mark, start, following) for mark in marks)
    end = min((at for at in found if at >= 0), default=following)
    other = _OTHER_CLAUSE.search(text[start:end])
    return start + other.start() if other else end


def _asks(text: str, end: int) -> bool:
    return text[end - 1 : end + 1].rstrip().endswith("?")


def _depends(text: str, clause: int, start: int, verb_end: int, end: int) -> bool:
    """Whether a promise holds only if the customer does or wants something."""
    if _CONDITION_BEFORE.search(text[clause:start]):
        return True
    after = text[verb_end:end]
    match = _CONDITION_AFTER.search(after)
    if match is None:
        return False
    parted = _OWN_CLAUSE.search(after)
    return parted is None or parted.start() > match.start()


def _parts(text: str, start: int, verb_end: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the promises that share one "we will": each verb after a comma or `and` is one."""
    first = start
    for match in _MORE.finditer(text[verb_end:end]):
        at = verb_end + match.start(1)
        yield first, verb_end + match.start()
        first = at
    yield first, end


def _who(text: str, match: re2._Match[str]) -> str:
    for name in ("own", "team", "they"):
        if match.group(name):
            start, end = match.span(_GROUPS[name])
            return " ".join(text[start:end].split())
    return "I" if folded(match.group(0)).startswith(("let me", "i ", "i'm")) else "we"
