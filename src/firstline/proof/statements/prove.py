"""The proof of a whole reply: each sentence by the first way that holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from firstline.proof.claims import Facts
from firstline.proof.courtesies import courtesies, questions
from firstline.proof.grounds import Grounds, own_way
from firstline.proof.proofs import Gap, How, SentenceProof, Support
from firstline.proof.quotes import begins_as, quotation, whole_units
from firstline.proof.sentences import units
from firstline.proof.statements.names import lemmas_of, plan_lemmas
from firstline.proof.statements.paraphrase import paraphrase
from firstline.proof.statements.shelf import shelve
from firstline.proof.statements.small_talk import is_question, small_talk
from firstline.proof.statements.statement import Reply
from firstline.proof.statements.unit_values import made_claims
from firstline.proof.subject import Subject
from firstline.records import Evidence, Sentence

LONGEST: Final = 60_000
"""Characters of a reply that are looked at one by one; a longer one is not proven at all."""


_RECENT: Final[deque[tuple[Subject, tuple[SentenceProof, ...]]]] = deque(maxlen=8)
"""Replies proven last, by identity: several checks and the report ask about the same one."""


def prove(subject: Subject) -> tuple[SentenceProof, ...]:
    """Return a proof for each sentence of the draft, in order. Pure."""
    known = next((proofs for one, proofs in list(_RECENT) if one is subject), None)
    if known is None:
        known = _proven(subject)
        _RECENT.append((subject, known))
    return known


def _proven(subject: Subject) -> tuple[SentenceProof, ...]:
    sentences = subject.draft.sentences
    if sum(len(sentence.text) for sentence in sentences) > LONGEST:
        gap = Gap(code="unsupported", detail="the reply is too long to be proven")
        return tuple(SentenceProof(how="paraphrase", gaps=(gap,)) for _ in sentences)
    reply = reply_of(subject)
    if subject.foreign:
        public = tuple(item.text for item in subject.evidence if item.audience == "public")
        whole = whole_units(public)
        return tuple(_foreign(sentence.text, subject, reply, whole) for sentence in sentences)
    grounds = Grounds(
        evidence=subject.held,
        courtesies=courtesies(subject.workspace),
        questions=questions(subject.intent),
        greeting=subject.workspace.voice.greeting,
    )
    return tuple(_labelled(sentence, grounds, reply) for sentence in sentences)


def reply_of(subject: Subject) -> Reply:
    """Return what all statements of a reply share."""
    asked_text = "\n".join((subject.asked, *subject.earlier))
    records = [item for item in subject.evidence if item.kind == "record"]
    facts = Facts(locale=subject.workspace.settings.locale, today=subject.today)
    return Reply(
        shelf=shelve(_usable(subject)),
        asked=lemmas_of(asked_text),
        asked_claims=made_claims(asked_text, facts),
        text=subject.draft.text,
        today=subject.today,
        facts=facts,
        said=frozenset().union(*(lemmas_of(one.text) for one in subject.draft.sentences)),
        record=frozenset().union(
            *(lemmas_of(value) for item in records for _, value in item.fields)
        ),
        catalogue=plan_lemmas(plan.name for plan in subject.workspace.catalogue.plans),
        own=lemmas_of(subject.workspace.settings.company) | _names(records),
    )


def _names(records: Iterable[Evidence]) -> frozenset[str]:
    return frozenset().union(
        *(
            lemmas_of(value)
            for item in records
            for path, value in item.fields
            if path.rpartition(".")[2] in ("name", "first_name", "last_name")
        )
    )


def _usable(subject: Subject) -> tuple[Evidence, ...]:
    """Return the evidence a paraphrase may rest on: public text and this customer's records."""
    return tuple(item for item in subject.evidence if _is_usable(item, subject))


def _is_usable(item: Evidence, subject: Subject) -> bool:
    if item.audience != "public":
        return False
    if item.kind == "record":
        return item.source == subject.customer or (subject.foreign and subject.customer is None)
    return subject.foreign or item.kind != "policy"


_FINAL: Final = frozenset(("internal", "no_evidence", "unknown_evidence", "cut_quote"))
"""Gaps for which no other way is tried."""


def _labelled(sentence: Sentence, grounds: Grounds, reply: Reply) -> SentenceProof:
    """Return the proof of a sentence that says itself what kind it is."""
    proof = own_way(sentence, grounds)
    if not proof.gaps or sentence.kind in ("courtesy", "question"):
        return proof
    if any(gap.code in _FINAL for gap in proof.gaps):
        return proof
    if any(
        grounds.evidence[key].kind == "policy" and sentence.kind == "quote"
        for key in sentence.evidence
    ):
        return proof
    return _pieces(sentence.text, reply)


def _foreign(text: str, subject: Subject, reply: Reply, whole: frozenset[str]) -> SentenceProof:
    talk = small_talk(text, reply.asked, reply.own)
    if talk:
        return SentenceProof(how="courtesy")
    for item in subject.evidence if begins_as(text, whole) else ():
        if item.audience != "public" or not item.text:
            continue
        place = quotation(text, item.text)
        if place is not None:
            found = Support(evidence=item.id, start=place[0], end=place[1])
            return SentenceProof(how="quote", supports=(found,))
    if is_question(text):
        return _asked(text, reply)
    return _pieces(text, reply, talks=True)


def _asked(text: str, reply: Reply) -> SentenceProof:
    """Return the proof of a question: it may not state a value that nothing shows."""
    proof = paraphrase(text, reply)
    stated = tuple(
        Gap(
            code="question_states_value",
            detail="a question states a value that the evidence does not have",
            start=gap.start,
            end=gap.end,
        )
        for gap in proof.gaps
        if gap.code in VALUES
    )
    return SentenceProof(how="question", supports=proof.supports, gaps=stated)


VALUES: Final = frozenset(
    """
    number money date duration percent time quantity version reference url email phone
    """.split()
)
"""Codes of gaps about typed values."""


def _pieces(text: str, reply: Reply, *, talks: bool = False) -> SentenceProof:
    """Return the proof of a text of one or more statements, each proven by itself."""
    gaps: list[Gap] = []
    found: list[Support] = []
    ways: set[How] = set()
    cut = units(text)
    for unit in cut:
        apart = talks and len(cut) > 1
        if apart and small_talk(unit.text, reply.asked, reply.own):
            continue
        if apart and is_question(unit.text):
            proof = _asked(unit.text, reply)
        else:
            proof = paraphrase(unit.text, reply)
        ways.add(proof.how)
        found.extend(one for one in proof.supports if one not in found)
        gaps.extend(
            Gap(
                code=gap.code,
                detail=gap.detail,
                start=gap.start + unit.start,
                end=gap.end + unit.start,
            )
            for gap in proof.gaps
        )
    order: tuple[How, ...] = ("computed", "paraphrase", "record")
    how: How = next((way for way in order if way in ways), "paraphrase")
    return SentenceProof(how=how, supports=tuple(found), gaps=tuple(gaps))
