"""Does somebody own everything the reply promises?

A promise passes when a rule of `promises` in policies.yaml gives it an owner and time enough, or
when it is the company's own line or published knowledge. All others block the reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from firstline.proof.commitments import Promise
from firstline.proof.policy.deadlines import Deadline, due_at, find_deadline, span_end
from firstline.proof.policy.granted import is_published
from firstline.proof.policy.owners import Owned, is_agreed, owned_promises, rule_for
from firstline.proof.policy.phrases import words_of
from firstline.proof.statements import prove
from firstline.proof.subject import Subject, blocked, doubted
from firstline.records import Commitment, Finding
from firstline.workspace.policy_rules import PromiseRule

_CHECK = "promises"
_SAME = 0.5
"""Share of a declared commitment's words that a sentence must have to be the one it is about."""
_MOST_DECLARED = 50


def promises(subject: Subject) -> tuple[Finding, ...]:
    """Check that every promise has an owner, and enough time."""
    sentences = [sentence.text for sentence in subject.draft.sentences]
    owned = owned_promises(sentences, subject.workspace, subject.evidence)
    findings = [finding for item in owned for finding in _judged(item, subject)]
    findings.extend(_declared(subject, sentences, owned))
    return tuple(findings)


def _judged(owned: Owned, subject: Subject) -> Iterator[Finding]:
    promise, rule = owned.promise, owned.rule
    span = (promise.start, promise.end)
    if rule is not None:
        why, code = _against_rule(rule, promise.deadline, subject)
        if why:
            yield blocked(_CHECK, why, code=code, sentence=promise.sentence, span=span)
    elif not owned.source and not _is_proven(promise.sentence, subject):
        yield _unowned(promise, subject)


def _is_proven(sentence: int, subject: Subject) -> bool:
    """Whether the evidence says what a sentence promises: then the policy behind it owes it."""
    proof = prove(subject)[sentence]
    return not proof.gaps and proof.how in ("quote", "record", "computed", "paraphrase")


def _unowned(promise: Promise, subject: Subject) -> Finding:
    """Return the finding about a promise of nobody.

    What another system's writer says it does at once ("let me check") is only doubted where no
    company's rules are known: it may have tools of which nothing was told.
    """
    by = f" {promise.by}" if promise.by else ""
    detail = f"it promises something{by} that nobody owns"
    nobody_rules = subject.foreign and not subject.workspace.policies.rules.promises
    if nobody_rules and not promise.by and promise.who.casefold() in ("i", "we"):
        return doubted(_CHECK, detail, code="unowned_promise", sentence=promise.sentence)
    return blocked(
        _CHECK,
        detail,
        code="unowned_promise",
        sentence=promise.sentence,
        span=(promise.start, promise.end),
    )


def _against_rule(
    rule: PromiseRule, deadline: Deadline | None, subject: Subject
) -> tuple[str, str]:
    """Return what is wrong with a promised deadline, and its code; nothing when all is well."""
    if deadline is None:
        return "", ""
    if deadline.kind == "unclear":
        return f"{rule.place}: “{deadline.text}” could be two days", "unclear_deadline"
    if rule.within is None:
        return f"{rule.place}: it may be promised without a deadline only", "unowned_deadline"
    if any(_is_early(rule, deadline, since, subject) for since in _moments(subject)):
        detail = f"{rule.place}: {rule.owner} has {rule.within}, it says “{deadline.text}”"
        return detail, "deadline_too_early"
    return "", ""


def _is_early(rule: PromiseRule, deadline: Deadline, since: datetime, subject: Subject) -> bool:
    zone, hours = subject.workspace.settings.timezone, subject.workspace.policies.rules.hours
    said = due_at(deadline, since, zone, hours)
    if said is None or rule.within is None:
        return False
    return said < span_end(rule.within, since, zone, hours)


def _moments(subject: Subject) -> tuple[datetime, datetime]:
    """Return the first and last moment of the day's work: a deadline must do at both."""
    hours = subject.workspace.policies.rules.hours
    zone = ZoneInfo(subject.workspace.settings.timezone)
    opening = datetime.combine(subject.today, hours.opens, tzinfo=zone)
    closing = datetime.combine(subject.today, hours.closes, tzinfo=zone)
    return opening, closing - timedelta(minutes=1)


def _declared(
    subject: Subject, sentences: Sequence[str], owned: Sequence[Owned]
) -> Iterator[Finding]:
    """Check what the writer itself says it promised."""
    found = {item.promise.sentence for item in owned}
    for commitment in subject.draft.commitments[:_MOST_DECLARED]:
        at = _sentence_about(commitment, sentences)
        if at is None:
            detail = "the writer declares a promise that the reply does not make"
            yield doubted(_CHECK, detail, code="declared_not_found")
        elif at not in found:
            yield from _overlooked(commitment, at, sentences[at], subject)


def _overlooked(
    commitment: Commitment, at: int, sentence: str, subject: Subject
) -> Iterator[Finding]:
    """Judge a sentence that only its writer calls a promise."""
    if is_agreed(sentence, subject.workspace, subject.evidence):
        return
    if is_published(sentence, subject.evidence):
        return
    rule = rule_for(sentence, subject.workspace)
    deadline = find_deadline(sentence) or find_deadline(commitment.by)
    if rule is not None:
        why, code = _against_rule(rule, deadline, subject)
    else:
        why, code = "the writer declares a promise that nobody owns", "unowned_promise"
    if why:
        yield blocked(_CHECK, why, code=code, sentence=at)


def _sentence_about(commitment: Commitment, sentences: Sequence[str]) -> int | None:
    """Return the sentence that has most of a commitment's words."""
    wanted = frozenset(words_of(f"{commitment.what} {commitment.by}"))
    best, index = 0.0, None
    for at, sentence in enumerate(sentences):
        share = len(wanted & frozenset(words_of(sentence))) / max(len(wanted), 1)
        if share > best:
            best, index = share, at
    return index if best >= _SAME else None
