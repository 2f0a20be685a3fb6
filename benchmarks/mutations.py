"""Replies that their evidence bears out, and the same replies made untrue: for `benchmarks.proof`.

Good replies are verbatim sentences, values of records in sentences, paraphrases made by code and
real replies of recorded agents. `mutated` makes one mistake in a reply. All of it is seeded.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import re2

from benchmarks.mutations_additions import ADDITIONS
from benchmarks.mutations_meaning import MEANING
from benchmarks.mutations_paraphrase import WAYS, merged
from benchmarks.mutations_records import record_replies
from benchmarks.mutations_sources import (
    Grounded,
    Row,
    Source,
    clean,
    passages,
    real_replies,
)
from benchmarks.mutations_values import VALUES, Change, Ground, figures_of
from firstline.proof.sentences import words

SEED = 20_261_123
PLANS = ("Free", "Team", "Business", "Enterprise")
CHANGES: Mapping[str, Mapping[str, Change]] = {**VALUES, **MEANING, **ADDITIONS}
TYPES = (*CHANGES, "other customer", "other product's fact", "elsewhere")
GREETINGS = ("Hello,", "Hi there,", "Thanks for getting in touch.", "Thank you for your message.")
CLOSINGS = (
    "Let me know if there is anything else I can help with.",
    "Have a good day!",
    "Kind regards,\nThe support team",
    "I hope this helps.",
)
_KEY_VALUE = re2.compile(r"(?m)^- ([A-Z][a-z-]+(?: [\w/-]+){1,6}): (A?\$?\d[^:\n]{0,40})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutated:
    """A good reply with one mistake in it."""

    good: Grounded
    type: str
    way: str
    at: int
    """Index of the sentence that was changed."""
    sentences: tuple[str, ...]
    extra: tuple[Row, ...] = ()
    """Evidence that is there beside that of the good reply."""

    @property
    def case(self) -> Row:
        """The changed reply as a case of `firstline check`."""
        row = self.good.case(self.sentences, self.extra)
        return row | {"id": f"{row['id']}~{self.type}~{self.way}"}


def grounded(data: Path, *, each: int) -> list[Grounded]:
    """Return good replies: up to `each` verbatim, twice as many paraphrased, as many of records.

    Args:
        data: The folder of public data sets.
        each: Replies of a source; the small policies give fewer.
    """
    chance = random.Random(SEED)  # noqa: S311 - the same replies every time
    sources = [source for source in passages(data, chance) if source.sentences]
    by_source: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_source[source.source].append(source)
    found: list[Grounded] = []
    for held in by_source.values():
        chance.shuffle(held)
        for number in range(each):
            source = held[number % len(held)]
            found.append(_verbatim(source, number, chance))
            found += filter(None, (_paraphrase(source, 2 * number + i, chance) for i in range(2)))
    for turn in range(3):
        made = record_replies(data, chance, max(4, each // 5))
        found += (_enveloped(replace(item, id=f"{item.id}-{turn}"), chance) for item in made)
    return list({reply.sentences: reply for reply in found}.values())


def real(data: Path, *, each: int) -> list[Grounded]:
    """Return real replies of recorded agents, at most `each` of a company."""
    chance = random.Random(SEED + 1)  # noqa: S311 - the same replies every time
    return [
        reply for name in ("retail", "airline") for reply in real_replies(data, name, chance, each)
    ]


def _verbatim(source: Source, number: int, chance: random.Random) -> Grounded:
    start = chance.randrange(len(source.sentences))
    said = source.sentences[start : start + chance.choice((1, 1, 2, 3))]
    return _enveloped(_reply(source, number, "verbatim", "verbatim", said), chance)


def _paraphrase(source: Source, number: int, chance: random.Random) -> Grounded | None:
    """Return a reply of one or two sentences in other words, by one to three ways each."""
    start = chance.randrange(len(source.sentences))
    said: list[str] = []
    used: list[str] = []
    for sentence in source.sentences[start : start + 2]:
        told, ways = _reworded(sentence, source, chance)
        if ways:
            said.append(told)
            used += ways
    if len(said) == 2 and chance.random() < 0.3:
        joined = merged(said[0], said[1], chance)
        said, used = ([joined], [*used, "merged"]) if joined else (said, used)
    if not said:
        return None
    way = "+".join(sorted(set(used)))
    return _enveloped(_reply(source, number, "paraphrase", way, tuple(said)), chance)


def _reworded(sentence: str, source: Source, chance: random.Random) -> tuple[str, list[str]]:
    told, used = sentence, list[str]()
    names = chance.sample(list(WAYS), len(WAYS))
    names.sort(key="introduced".__eq__)  # an introduction is put before the finished sentence
    for name in names:
        if len(used) == 3 or (name == "introduced" and chance.random() < 0.7):
            break
        new = WAYS[name](told, source, chance)
        if new is not None:
            told, used = new, [*used, name]
            if name == "parted":
                break
    return told, used


def _reply(source: Source, number: int, style: str, way: str, said: Sequence[str]) -> Grounded:
    return Grounded(
        id=f"{source.source}-{source.document}-{style}-{number}",
        source=source.source,
        document=source.document,
        style="verbatim" if style == "verbatim" else "paraphrase",
        way=way,
        question=f"I have a question about: {source.title}",
        sentences=tuple(said),
        evidence=source.evidence,
        product=source.product,
        siblings=source.siblings,
        core=tuple(range(len(said))),
    )


def _enveloped(reply: Grounded, chance: random.Random) -> Grounded:
    """Return a reply with a greeting or closing around it, every other time."""
    if chance.random() < 0.5:
        return reply
    first = (chance.choice(GREETINGS),) if chance.random() < 0.7 else ()
    last = (chance.choice(CLOSINGS),)
    return replace(
        reply,
        sentences=(*first, *reply.sentences, *last),
        core=tuple(at + len(first) for at in reply.core),
        swapped=(*first, *reply.swapped, *last) if reply.swapped else (),
    )


def mutated(goods: Sequence[Grounded], data: Path, *, each: int) -> list[Mutated]:
    """Return replies with one mistake: at most `each` of a type, the ways of it in turn."""
    chance = random.Random(SEED + 2)  # noqa: S311 - the same mistakes every time
    whole = {reply.id: _ground(reply) for reply in goods}
    found: list[Mutated] = []
    for name, ways in CHANGES.items():
        makers = [_changed(name, way, change, goods, whole, chance) for way, change in ways.items()]
        found += _in_turn(makers, each)
    found += [item for item, _ in zip(_other_customers(goods, chance), range(each), strict=False)]
    found += [item for item, _ in zip(_other_facts(data, chance), range(each), strict=False)]
    found += [item for item, _ in zip(_elsewhere(goods, chance), range(each), strict=False)]
    return found


def _in_turn(makers: Sequence[Iterator[Mutated]], most: int) -> list[Mutated]:
    """Return what the makers give, one after the other, no sentence twice."""
    found: dict[str, Mutated] = {}
    waiting = list(makers)
    while waiting and len(found) < most:
        for maker in tuple(waiting):
            item = next((item for item in maker if item.sentences[item.at] not in found), None)
            if item is None:
                waiting.remove(maker)
            elif len(found) < most:
                found[item.sentences[item.at]] = item
    return list(found.values())


def _ground(reply: Grounded) -> Ground:
    said = reply.said()
    text = "\n".join(item.get("text", "") for item in reply.evidence)
    return Ground(
        good=reply,
        said=said.lower(),
        sentences=frozenset(item.lower().rstrip(".") for item in clean(text)),
        figures=figures_of(said),
        products=PLANS if reply.source == "acme" else reply.siblings,
        product=reply.product,
    )


def _changed(
    name: str,
    way: str,
    change: Change,
    goods: Sequence[Grounded],
    grounds: Mapping[str, Ground],
    chance: random.Random,
) -> Iterator[Mutated]:
    for reply in chance.sample(goods, len(goods)):
        at = chance.choice(reply.core)
        told = change(reply.sentences[at], grounds[reply.id], chance)
        if told is None or told == reply.sentences[at]:
            continue
        sentences = (*reply.sentences[:at], told, *reply.sentences[at + 1 :])
        yield Mutated(good=reply, type=name, way=way, at=at, sentences=sentences)


def _other_customers(goods: Sequence[Grounded], chance: random.Random) -> Iterator[Mutated]:
    """Yield replies with the values of somebody else, whose record is there or is not."""
    for reply in chance.sample(goods, len(goods)):
        if not reply.swapped:
            continue
        said = reply.said().lower()
        at = chance.choice(reply.core)
        own, foreign = reply.sentences[at], reply.swapped[at]
        fresh = figures_of(foreign) - figures_of(said) - figures_of(own)
        there = chance.random() < 0.5
        extra = reply.swapped_evidence if there else ()
        if fresh and not (there and not _names_owner(reply)):
            yield Mutated(
                good=reply,
                type="other customer",
                way="record there" if there else "record not there",
                at=at,
                sentences=(*reply.sentences[:at], reply.swapped[at], *reply.sentences[at + 1 :]),
                extra=extra,
            )


def _names_owner(reply: Grounded) -> bool:
    """Whether the two records say whose they are, and are not the same person's."""
    own, other = (
        _owner_of(item["fields"]) for item in (reply.evidence[0], reply.swapped_evidence[0])
    )
    return bool(own and other and own != other)


def _owner_of(fields: Row) -> str:
    return str(fields.get("user_id") or fields.get("id") or "")


def _other_facts(data: Path, chance: random.Random) -> Iterator[Mutated]:
    """Yield facts of one product told of another, both products' pages being there."""
    by_key: dict[str, list[tuple[str, str, Source]]] = defaultdict(list)
    for source in passages(data, random.Random(SEED)):  # noqa: S311 - the same every time
        if source.product:
            for key, value in _KEY_VALUE.findall(source.text):
                if key[1:] != key[1:].lower() or key.split()[0] in ("They", "You", "Their"):
                    continue  # a product's name, or nothing that is told of one
                by_key[key].append((source.product, value.rstrip("."), source))
    pairs = [
        (key, first, second)
        for key, facts in sorted(by_key.items())
        for first in facts
        for second in facts
        if first[0] != second[0] and not figures_of(second[1]) & figures_of(first[2].text)
        if len({fact[0] for fact in facts}) == len(facts)
    ]
    for key, (product, value, source), (_, wrong, other) in chance.sample(pairs, len(pairs)):
        told = key[0].lower() + key[1:]
        shape = chance.choice(
            (
                "The {key} of the {product} is {value}.",
                "With the {product}, the {key} is {value}.",
                "{product}: {key} {value}.",
                "For the {product} it is {value} ({key}).",
            )
        )
        good = Grounded(
            id=f"bank-fact-{source.document}-{told}",
            source="bank",
            document=source.document,
            style="paraphrase",
            way="fact of a product",
            question=f"What is the {told} of the {product}?",
            sentences=(shape.format(key=told, product=product, value=value),),
            evidence=({**source.evidence[0], "id": "own"}, {**other.evidence[0], "id": "other"}),
            core=(0,),
        )
        swapped = shape.format(key=told, product=product, value=wrong)
        yield Mutated(
            good=good, type="other product's fact", way="value", at=0, sentences=(swapped,)
        )


def _elsewhere(goods: Sequence[Grounded], chance: random.Random) -> Iterator[Mutated]:
    """Yield replies with a sentence that is true of something the evidence does not speak of."""
    verbatim = [reply for reply in goods if reply.style == "verbatim"]
    for reply in chance.sample(verbatim, len(verbatim)):
        other = chance.choice(verbatim)
        alien = other.sentences[chance.choice(other.core)]
        said = set(words(reply.said()))
        keys = [word for word in words(alien) if len(word) > 3]
        if other.source != reply.source or sum(word in said for word in keys) > 0.6 * len(keys):
            continue
        at = reply.core[-1]
        sentences = (*reply.sentences[: at + 1], alien, *reply.sentences[at + 1 :])
        yield Mutated(good=reply, type="elsewhere", way="added", at=at + 1, sentences=sentences)


def as_text(row: Row) -> str:
    """Return the evidence of a case to be read."""
    return "\n".join(
        item.get("text") or json.dumps(item.get("fields"), ensure_ascii=False)
        for item in row["evidence"]
    )
