"""How what a reply rests on stands now: changed, withdrawn, or still as it was read.

`stale_uses` is for a draft before a person approves it, `restand` for a reply that was sent. Both
do the proof of every sentence concerned again, on what customers may be told now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from firstline.knowledge import IndexedDocument, Passage
from firstline.pipeline.parts import Parts
from firstline.pipeline.rests import rests_on, value_version
from firstline.pipeline.validate import subject_of
from firstline.proof.claims import Facts
from firstline.proof.proofs import SentenceProof
from firstline.proof.statements import prove
from firstline.proof.wording import Rewording, rewordings
from firstline.records import Answer, Context, Evidence, EvidenceId, Sentence
from firstline.store.uses import Use
from firstline.workspace import CustomerRecord
from firstline.workspace.needed_fields import needed_fields

Change = Literal["changed", "withdrawn", "internal", "superseded"]
Stands = Literal["verbatim", "proven", "no"]
WORST_FIRST: Final[tuple[Change, ...]] = ("withdrawn", "internal", "superseded", "changed")
EXACT: Final = ("quote", "record")
"""Ways of being proven word for word."""
POLICY: Final = "policy:"
"""How the id of a fixed answer begins; the intent's name follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A document as customers may be told of it now."""

    change: Change | None
    """What became of the document as a whole; None while it is public and current."""
    passages: tuple[Passage, ...] = ()
    """What it says now; of a superseded document, what its successor says."""
    successor: str = ""

    @property
    def fingerprint(self) -> str:
        """The hash of what it says, to recognise another change by."""
        return text_version("\n".join((self.change or "", *(one.version for one in self.passages))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """A sentence, and whether it can still be said now that its evidence is as it is."""

    sentence: int
    """Its index in the reply."""
    text: str
    evidence: tuple[EvidenceId, ...]
    """What of its evidence changed; where nothing did, what was asked about."""
    sources: tuple[str, ...]
    """The same as documents, or fields of the record as `customer id: path`."""
    change: Change | None
    """None: what it rests on is as it was."""
    stands: Stands
    """Whether it can still be said: word for word, proven in other words, or not."""
    rewordings: tuple[Rewording, ...] = ()
    """What stands there now instead, for a sentence that cannot be said any more."""


class Live:
    """What customers may be told now; each document is read once.

    Args:
        parts: The company.
        needs: The fields of customers' records that were asked for; None: all there are.
    """

    def __init__(self, parts: Parts, needs: tuple[str, ...] | None = None) -> None:
        self._parts = parts
        self._needs = needs
        self._documents = {str(item.id): item for item in parts.knowledge.documents()}
        self._standing: dict[tuple[str, str], Standing] = {}
        self._records: dict[str, CustomerRecord | None] = {}

    def document(self, name: str, title: str = "") -> Standing:
        """Return how a document stands; by its old title it is found under another id too."""
        title = "" if name in self._documents else title
        if (name, title) not in self._standing:
            self._standing[name, title] = self._look(name, title)
        return self._standing[name, title]

    def policy(self, key: EvidenceId) -> str:
        """Return the company's fixed answer as it is now; empty when there is none."""
        name = key.removeprefix(POLICY)
        specs = (spec for spec in self._parts.workspace.intents if spec.name == name)
        return "\n".join(next((spec.answer for spec in specs), ()))

    def record(self, customer: str) -> CustomerRecord | None:
        """Return a customer's record; raises SetupError when it cannot be read."""
        if customer not in self._records:
            customers = self._parts.customers
            self._records[customer] = (
                None if customers is None else customers.find(customer, self._needs)
            )
        return self._records[customer]

    def change(self, use: Use) -> Change | None:
        """Return what became of something a sentence rests on, None while it stands."""
        match use.kind:
            case "passage":
                return self.passage_change(use.source, use.evidence, use.version)
            case "policy":
                text = self.policy(use.evidence)
                if not text:
                    return "withdrawn"
                return None if text_version(text) == use.version else "changed"
            case "record":
                record = self.record(use.source)
                if record is None:
                    return "withdrawn"
                now = value_version(record.value(use.field) or "") if use.field else record.version
                return None if now == use.version else "changed"
            case _:
                return None

    def fingerprint(self, use: Use) -> str:
        """Return what stands in the place of a text now, as a hash; the same until it changes."""
        match use.kind:
            case "passage":
                found = self.document(use.source, self._old_title(use.evidence, use.version))
                return f"{use.source} {found.fingerprint}"
            case "policy":
                return f"{use.evidence} {text_version(self.policy(use.evidence))}"
            case _:
                return ""

    def passage_change(self, document: str, key: EvidenceId, version: str) -> Change | None:
        """Return what became of a passage; its number in the document does not matter."""
        found = self.document(document, self._old_title(key, version))
        if any(item.version == version for item in found.passages):
            # A renamed article says the same under another id; a superseded one is not current.
            return None if found.change == "withdrawn" else found.change
        return found.change or "changed"

    def _old_title(self, key: EvidenceId, version: str) -> str:
        """Return the title a passage had, where its document is gone; else nothing."""
        if key.rpartition("#")[0] in self._documents:
            return ""
        before = self._parts.knowledge.passage(key, version)
        return "" if before is None else before.title

    def _look(self, name: str, title: str) -> Standing:
        known = self._documents.get(name)
        if known is None:
            return self._renamed(title)
        if known.audience != "public":
            return Standing(change="internal")
        if known.superseded_by is not None:
            successor = self._successor(known)
            return Standing(
                change="superseded",
                passages=() if successor is None else self._passages(successor),
                successor="" if successor is None else successor.id,
            )
        return Standing(change=None, passages=self._passages(known))

    def _renamed(self, title: str) -> Standing:
        """Return how a document stands that is gone: its file may only have a new name."""
        heirs = [
            item
            for item in self._documents.values()
            if title and item.title == title and item.audience == "public"
        ]
        if len(heirs) != 1 or heirs[0].superseded_by is not None:
            return Standing(change="withdrawn")
        passages = self._passages(heirs[0])
        return Standing(change="withdrawn", passages=passages, successor=heirs[0].id)

    def _successor(self, document: IndexedDocument) -> IndexedDocument | None:
        """Return the public document that replaces one, at the end of however many steps."""
        seen = {str(document.id)}
        found: IndexedDocument | None = document
        while found is not None and found.superseded_by is not None:
            name = str(found.superseded_by)
            found = None if name in seen else self._documents.get(name)
            seen.add(name)
        return found if found is not None and found.audience == "public" else None

    def _passages(self, document: IndexedDocument) -> tuple[Passage, ...]:
        ids = (EvidenceId(f"{document.id}#{at}") for at in range(1, document.passages + 1))
        found = (self._parts.knowledge.passage(name) for name in ids)
        return tuple(item for item in found if item is not None and item.audience == "public")


def text_version(text: str) -> str:
    """Return the hash by which a change of a fixed answer is recognised."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def live_for(answer: Answer, parts: Parts) -> Live:
    """Return what stands now, as far as an answer's ticket calls for it."""
    return Live(parts, needed_fields(parts.workspace, answer.route.intent))


def stale_uses(answer: Answer, parts: Parts, live: Live | None = None) -> tuple[Restated, ...]:
    """Return the sentences of a draft whose evidence has changed; a draft without any is sound.

    A draft with some may not be approved: even a sentence that still stands may have got a
    condition beside it. Documents, fixed answers and the customer's record all count.

    Raises:
        SetupError: The knowledge base or the customers cannot be read.
    """
    now = live or live_for(answer, parts)
    context, draft = answer.context, answer.draft
    subject = subject_of(answer.ticket, answer.route, context, draft, parts=parts)
    return restand(answer, rests_on(subject), parts, now, records_as_now=True)


def restand(
    answer: Answer,
    uses: Iterable[Use],
    parts: Parts,
    live: Live,
    *,
    everything: bool = False,
    records_as_now: bool = False,
) -> tuple[Restated, ...]:
    """Return the sentences of a reply that rest on something that has changed, proven again.

    Args:
        answer: The reply with what it was written from.
        uses: What its sentences rest on, all of it or only what is asked about.
        parts: The company.
        live: What stands now.
        everything: Also those whose evidence is as it was.
        records_as_now: Whether the customer's record is to be as it is now. What was said of a
            record in a reply that was sent was right when it was sent.
    """
    found: dict[int, list[tuple[Use, Change | None]]] = {}
    for use in uses:
        change = None if use.kind == "record" and not records_as_now else live.change(use)
        if change is not None or everything:
            found.setdefault(use.sentence, []).append((use, change))
    proofs: tuple[SentenceProof, ...] | None = None
    held: tuple[Evidence, ...] = ()
    if any(change is not None for pairs in found.values() for _, change in pairs):
        proofs, held = _proven_again(answer, parts, live, records_as_now=records_as_now)
    facts = Facts(locale=parts.workspace.settings.locale)
    return tuple(
        _restated(at, sentence, found[at], None if proofs is None else proofs[at], held, facts)
        for at, sentence in enumerate(answer.draft.sentences)
        if at in found
    )


def _restated(
    at: int,
    sentence: Sentence,
    pairs: Sequence[tuple[Use, Change | None]],
    proof: SentenceProof | None,
    held: Sequence[Evidence],
    facts: Facts,
) -> Restated:
    changes = {change for _, change in pairs if change is not None}
    concerned = [use for use, change in pairs if change is not None or not changes]
    texts = [item.text for item in held if item.text]
    stands: Stands = "verbatim"
    if proof is not None and changes:
        stands = "no" if proof.gaps else "verbatim" if proof.how in EXACT else "proven"
    return Restated(
        sentence=at,
        text=sentence.text,
        evidence=tuple(dict.fromkeys(use.evidence for use in concerned)),
        sources=tuple(dict.fromkeys(_source(use) for use in concerned)),
        change=next((change for change in WORST_FIRST if change in changes), None),
        stands=stands,
        rewordings=rewordings(sentence.text, texts, facts) if stands == "no" else (),
    )


def _source(use: Use) -> str:
    if use.kind == "policy":
        return use.evidence
    return f"{use.source}: {use.field}" if use.field else use.source


def _proven_again(
    answer: Answer, parts: Parts, live: Live, *, records_as_now: bool
) -> tuple[tuple[SentenceProof, ...], tuple[Evidence, ...]]:
    """Return the proof of each sentence on what stands now, and that evidence."""
    cited = {key for sentence in answer.draft.sentences for key in sentence.evidence}
    renamed: dict[EvidenceId, tuple[EvidenceId, ...]] = {}
    held: dict[EvidenceId, Evidence] = {}
    for item in answer.context.evidence:
        found = _now(item, answer, parts, live, records_as_now=records_as_now)
        if item.id in cited or item.kind != "passage":
            held.update((one.id, one) for one in found)
            renamed[item.id] = tuple(one.id for one in found)
    sentences = tuple(
        replace(sentence, evidence=_renamed(sentence.evidence, renamed))
        for sentence in answer.draft.sentences
    )
    context = Context(evidence=tuple(held.values()), tokens=0)
    draft = replace(answer.draft, sentences=sentences)
    subject = subject_of(answer.ticket, answer.route, context, draft, parts=parts)
    return prove(subject), context.evidence


def _renamed(
    keys: Collection[EvidenceId], renamed: dict[EvidenceId, tuple[EvidenceId, ...]]
) -> tuple[EvidenceId, ...]:
    return tuple(dict.fromkeys(new for key in keys for new in renamed.get(key, ())))


def _now(
    item: Evidence, answer: Answer, parts: Parts, live: Live, *, records_as_now: bool
) -> tuple[Evidence, ...]:
    """Return what stands in the place of evidence now: of a passage, its whole document."""
    match item.kind:
        case "passage":
            found = live.document(item.source, item.title).passages
            return tuple(_passage(one, item) for one in found)
        case "policy":
            text = live.policy(item.id)
            return (replace(item, text=text, version=text_version(text)),) if text else ()
        case "record" if records_as_now:
            record = live.record(item.source)
            return () if record is None else (_record(record, item, answer, parts),)
        case _:
            return (item,)


def _passage(passage: Passage, before: Evidence) -> Evidence:
    return replace(
        before,
        id=passage.id,
        source=passage.document,
        version=passage.version,
        text=passage.text,
        title=passage.title,
        url=passage.url,
        audience=passage.audience,
    )


def _record(record: CustomerRecord, before: Evidence, answer: Answer, parts: Parts) -> Evidence:
    spec = parts.workspace.intent(answer.route.intent)
    allowed = {path for path, _ in record.only(spec.needs if spec else ()).fields}
    allowed |= {path for path, _ in before.fields}
    fields = tuple((path, value) for path, value in record.fields if path in allowed)
    known = {path for path, _ in fields}
    named = (("name", record.name),) if record.name and "name" not in known else ()
    return replace(before, version=record.version, fields=(*fields, *named))
