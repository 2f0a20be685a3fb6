"""Where the replies of the proof benchmark come from: documents, policies, records, real replies.

Everything is deterministic: the same data gives the same replies. A reply belongs to the held-out
part when the hash of its source document or record is even; nothing is tuned on that part.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import re2

from firstline.knowledge import load_documents
from firstline.knowledge.passages import split
from firstline.proof.sentence_ends import sentences
from firstline.proof.sentences import units, words

Style = Literal["verbatim", "record", "paraphrase", "real"]
Part = Literal["dev", "held-out"]
Row = dict[str, Any]

ACME = Path(__file__).parent.parent / "examples" / "acme"
TODAY = {
    "acme": "2026-05-04",
    "bank": "2025-11-14",
    "retail": "2024-05-15",
    "airline": "2024-05-15",
}
LOCALE = {"acme": "en-AU", "bank": "en-US", "retail": "en-US", "airline": "en-US"}
MOST_EVIDENCE = 40_000
"""Characters of evidence of a real reply; a conversation that has read more is passed over."""
_MARK = re2.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_PRODUCTS = ("Account", "Card", "Saver")
_ODD = re2.compile(
    r"[|\[\]_→={}]|(?i)\bthis (?:page|article|guide|document)\b|we're sorry"
    r"|taking (?:this|the|any) action|\bthe customer\b|\bplease hold\b"
)
_USER = re2.compile(r'"user_id": "([a-z_0-9]+)"')
_FAMILY = re2.compile(
    r"^doc_(?:bank_accounts|business_checking_accounts|business_credit_cards"
    r"|business_savings_accounts|buy_now_pay_later|checking_accounts|credit_cards"
    r"|customer_support|everyone_pay|investments|loans|savings_accounts)_(.+?)_\d+$"
)
_FOR_AGENTS = frozenset(
    "agent agents tool tools confirmation authenticate authenticated remind user's".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """A reply that its evidence bears out, in the case format's parts."""

    id: str
    source: str
    """`acme`, `bank`, `retail` or `airline`."""
    document: str
    """The document, record or conversation it was made of; decides the part."""
    style: Style
    way: str
    """How it was made."""
    question: str
    sentences: tuple[str, ...]
    evidence: tuple[Row, ...]
    customer: str = ""
    earlier: tuple[str, ...] = ()
    product: str = ""
    """The product it speaks of, where its document is about one."""
    siblings: tuple[str, ...] = ()
    """Names of the company's other products."""
    core: tuple[int, ...] = ()
    """Which sentences state something; the others are courtesies."""
    swapped: tuple[str, ...] = ()
    """The same sentences with another customer's values, for replies from records."""
    swapped_evidence: tuple[Row, ...] = ()
    """That customer's records."""

    @property
    def part(self) -> Part:
        """Which part of the benchmark it belongs to."""
        return part_of(f"{self.source}/{self.document}")

    def case(self, sentences: Sequence[str] | None = None, evidence: Iterable[Row] = ()) -> Row:
        """Return the reply, or a changed one, as a case of `firstline check`."""
        row: Row = {
            "id": self.id,
            "question": self.question,
            "evidence": [*self.evidence, *evidence],
            "reply": self._text(sentences or self.sentences),
            "today": TODAY[self.source],
            "locale": LOCALE[self.source],
            "earlier": list(self.earlier),
        }
        return row | ({"customer": self.customer} if self.customer else {})

    def _text(self, sentences: Sequence[str]) -> str:
        """Return sentences as one text: greeting and closing on lines of their own."""
        if self.style == "real":
            return "\n".join(sentences)
        added = len(sentences) - len(self.sentences)
        first, last = self.core[0], self.core[-1] + 1 + added
        body = " ".join(sentences[first:last])
        return "\n\n".join((*sentences[:first], body, *sentences[last:]))

    def said(self) -> str:
        """Return everything the evidence says, as one text."""
        parts = [json.dumps(item, ensure_ascii=False) for item in self.evidence]
        return "\n".join([*parts, *self.earlier])


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One passage of a document, and what stands beside it."""

    source: str
    document: str
    title: str
    product: str
    """The product the document is about, where its name says so."""
    text: str
    sentences: tuple[str, ...]
    """Whole sentences and list items, without list marks, each ending in a mark."""
    evidence: tuple[Row, ...]
    """The passage first, then others that a search might have found beside it."""
    siblings: tuple[str, ...] = field(default=())
    """Names of other products of the same family."""


def part_of(name: str) -> Part:
    """Return the part a source belongs to, by its hash."""
    return "dev" if sha256(name.encode()).digest()[0] % 2 else "held-out"


def passages(data: Path, chance: random.Random) -> list[Source]:
    """Return the passages of all documents and policies that replies can be made of."""
    found = [*_knowledge("acme", ACME / "knowledge", chance)]
    found += _knowledge("bank", data / "tau_banking" / "documents.jsonl", chance)
    for name in ("retail", "airline"):
        found += _policy(name, data / f"tau_{name}" / "policy_tau2.md")
    return found


def _knowledge(source: str, path: Path, chance: random.Random) -> Iterator[Source]:
    held = [
        (document, passage)
        for document in load_documents(path).documents
        if document.audience == "public" and not document.superseded_by
        for passage in split(document)
    ]
    rows = [
        _passage(passage.id, document.title, passage.heading, passage.text, document.url)
        for document, passage in held
    ]
    products = _products(source, [document.id for document, _ in held])
    names = tuple(sorted({name for name in products.values() if name.endswith(_PRODUCTS)}))
    for at, (document, passage) in enumerate(held):
        others = [rows[chance.randrange(len(rows))] for _ in range(2)]
        beside = rows[at - 1] if at and held[at - 1][0].id == document.id else None
        nearby = [row for row in (beside, *others) if row and row["id"] != passage.id]
        yield Source(
            source=source,
            document=document.id,
            title=document.title,
            product=products.get(document.id, ""),
            text=passage.text,
            sentences=clean(passage.text),
            evidence=tuple({row["id"]: row for row in (rows[at], *nearby)}.values()),
            siblings=names,
        )


def _passage(name: str, title: str, heading: str, text: str, url: str) -> Row:
    full = f"{title}: {heading}" if heading else title
    return {"id": name, "kind": "passage", "title": full, "text": text, "url": url}


def _products(source: str, documents: Iterable[str]) -> Mapping[str, str]:
    """Return the product each document is about, in words; for the bank only."""
    if source != "bank":
        return {}
    found = {}
    for name in documents:
        match = _FAMILY.match(name)
        if match and "general" not in match.group(1):
            found[name] = match.group(1).replace("_", " ").title()
    return found


def _policy(source: str, path: Path) -> Iterator[Source]:
    text = path.read_text(encoding="utf-8").replace("**", "")
    row = {"id": "policy", "kind": "policy", "title": f"{source} policy", "text": text}
    for number, block in enumerate(text.split("\n## ")):
        title, _, body = block.partition("\n")
        if not number:
            continue  # what the agent is, and how it should behave
        yield Source(
            source=source,
            document=f"policy#{number}",
            title=title,
            product="",
            text=body,
            sentences=clean(body),
            evidence=(row,),
        )


def clean(text: str) -> tuple[str, ...]:
    """Return the sentences and list items of a text that can stand in a reply."""
    found = []
    cut = [piece for unit in units(text) for piece in sentences(_MARK.sub("", unit.text))]
    for piece in cut:
        if _FOR_AGENTS & set(words(piece)):
            continue
        ended = piece if piece.endswith((".", "!", "?", ":")) else f"{piece}."
        size = len(words(ended))
        whole = ended.endswith(".") and ended[0].isupper()
        if 4 < size <= 45 and whole and not _ODD.search(ended):
            found.append(ended)
    return tuple(found)


def real_replies(data: Path, name: str, chance: random.Random, most: int) -> Iterator[Grounded]:
    """Yield replies of recorded agents whose conversation ended right, with what they had read."""
    folder = data / f"tau_{name}"
    rows = [
        json.loads(line)
        for line in (folder / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    found = [
        reply
        for row in rows
        if row.get("reward") == 1.0
        for reply in _turns(name, row, (folder / row["policy"]).read_text(encoding="utf-8"))
    ]
    yield from chance.sample(found, min(most, len(found)))


def _turns(name: str, row: Row, policy: str) -> Iterator[Grounded]:
    evidence: list[Row] = [{"id": "policy", "kind": "policy", "text": policy}]
    customer = ""  # whom the agent looked up; the file's own `customer` is at times another one
    earlier: list[str] = []
    for at, message in enumerate(row["messages"]):
        text = message.get("content") or ""
        if message["role"] == "tool":
            evidence.append({"id": f"tool-{at}", "kind": "tool", "text": text})
            customer = customer or _looked_up(message.get("name", ""), text)
        elif message["role"] == "user":
            earlier.append(text)
        elif text and earlier and not text.lstrip().startswith("{"):
            size = sum(len(item["text"]) for item in evidence)
            if size <= MOST_EVIDENCE and len(evidence) > 1:
                yield Grounded(
                    id=f"{name}-real-{row['id']}-{at}",
                    source=name,
                    document=f"conversation-{row['id']}",
                    style="real",
                    way=row["agent_model"].partition(" ")[0],
                    question=earlier[-1],
                    sentences=tuple(unit.text for unit in units(text)),
                    evidence=tuple(evidence),
                    customer=customer,
                    earlier=tuple(earlier[:-1]),
                )


def _looked_up(tool: str, text: str) -> str:
    """Return the customer that a tool's answer is about, if it says so."""
    if tool.startswith("find_user_id") and text.isascii() and " " not in text.strip():
        return text.strip()
    match = _USER.search(text)
    return match.group(1) if match else ""
