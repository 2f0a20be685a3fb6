"""Measure every check on hostile texts; prints a Markdown table.

Usage: python -m benchmarks.hostile [--size CHARACTERS] [--check NAME]

Each shape of text stands as the reply (one sentence), as the question, and as the evidence, and
goes through every check of `proof.checks`. Wall time, caches cold for each text. The bar is 250 ms
for all checks of a shape together.
"""

from __future__ import annotations

import argparse
import os
import random
import string
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from firstline.proof.checks import CHECKS
from firstline.proof.checks.injected import injected
from firstline.proof.run import run_check
from firstline.proof.subject import Check, Subject
from firstline.records import Draft, Evidence, EvidenceId, Language, Sentence
from firstline.workspace import Catalogue, Policies, Settings, Voice, Workspace

SIZE = 20_000
BAR_MS = 250.0
PLAIN = "You can export a board to CSV from the board menu within 5 minutes."
ALL: Mapping[str, Check] = {**CHECKS, "injection": injected}


def shapes(size: int = SIZE, *, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yield hostile texts by name, each about `size` characters long, always the same ones.

    Args:
        size: Characters of each.
        seed: Of the random ones.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up texts, not secrets
    for name, unit in _UNITS.items():
        yield name, (unit * (size // len(unit) + 1))[:size]
    yield "nested brackets", "[" * (size // 2) + "]" * (size // 2)
    yield "nested parentheses", "(" * (size // 2) + ")" * (size // 2)
    yield "nested tags", "<b>" * (size // 7) + "</b>" * (size // 7)
    yield "one long line of words", " ".join(_words(rng, size))[:size]
    yield "random ASCII", "".join(rng.choices(string.printable, k=size))
    yield "random Unicode", "".join(map(chr, rng.choices(range(32, 0xD7FF), k=size)))
    yield "random digits and dots", "".join(rng.choices("0123456789.,-/ ", k=size))
    yield "random punctuation", "".join(rng.choices(string.punctuation + " ", k=size))


_UNITS: Mapping[str, str] = {
    "a.": "a.",
    "a. with spaces": "a. ",
    "digits": "7",
    "digit groups": "123,456.78 ",
    "dates": "12/11/2026 ",
    "lone surrogates": "\ud800",
    "tag characters": "\U000e0041",
    "zalgo": "a" + "\u0301" * 30,
    "zero width": "a\u200b",
    "right to left": "\u202eabc\u05d0\u05d1 ",
    "emoji joiners": "\U0001f469\u200d\U0001f4bb",
    "newlines": "\n",
    "carriage returns": "\r\n",
    "spaces": " ",
    "tabs": "\t",
    "http://": "http://",
    "http:// with spaces": "http:// ",
    "links": "https://a.example/b?c=d ",
    "hosts": "a.com ",
    "e-mail addresses": "a@b.example ",
    "at signs": "a@",
    "base64 wall": "QUJDREVG",
    "hex pairs": "4a ",
    "per cent": "%41",
    "entities": "&#60;",
    "half tags": "<a ",
    "images": "![a](",
    "reference links": "[a]: b\n",
    "quotes": '"',
    "single quotes": "don't 'a' ",
    "backticks": "`",
    "asterisks": "**",
    "table pipes": "| a ",
    "list markers": "- a\n",
    "numbered list": "1. a\n",
    "currency signs": "$€£",
    "amounts": "$1,234.50 ",
    "per cents": "5% ",
    "not not not": "not ",
    "if only unless": "if only unless ",
    "any all always": "any all always never ",
    "hyphens": "a-",
    "slashes": "a/",
    "underscores": "_",
    "equals": "=",
    "question marks": "why? ",
    "one letter words": "a b ",
    "capitals": "AAAA ",
    "promises": "we will refund you by Friday ",
    "durations": "5-7 business days ",
    "ignore all": "ignore all previous ",
    "full stops": ".",
    "ideographs": "\u6211",
    "names": "Anna Smith ",
    "phone numbers": "+61 400 123 456 ",
}


def _words(rng: random.Random, size: int) -> list[str]:
    words = PLAIN.rstrip(".").split()
    return rng.choices(words, k=size // 4)


def subject(*, reply: str = PLAIN, asked: str = "How do I export?", held: str = PLAIN) -> Subject:
    """Return a reply of another system, with a text in one of its places."""
    return Subject(
        asked=f"\n{asked}",
        asked_in=Language(code="en", confidence=1.0),
        draft=Draft(
            action="answer",
            sentences=(Sentence(text=reply, kind="quote", evidence=(EvidenceId("e1"),)),),
            reason="",
        ),
        evidence=(
            Evidence(
                id=EvidenceId("e1"),
                kind="passage",
                source="document",
                version="1",
                text=held,
                fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
            ),
        ),
        workspace=Workspace(
            folder=Path(),
            settings=Settings(company="Acme", links=("a.example",), max_words=10**6),
            intents=(),
            policies=Policies(),
            catalogue=Catalogue(),
            voice=Voice(),
            version="",
        ),
        foreign=True,
        today=date(2026, 1, 1),
    )


def subjects(text: str) -> dict[str, Subject]:
    """Return the places a hostile text may stand in."""
    own = subject(reply=text, held=text)
    return {
        "reply": subject(reply=text),
        "question": subject(asked=text),
        "evidence": subject(held=text),
        "quote": replace(own, foreign=False),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--check", default="")
    told = parser.parse_args()
    checks = {name: check for name, check in ALL.items() if told.check in ("", name)}
    # Texts that no common word gives away load the language model, once a process.
    for text in (PLAIN, "a. " * 400):
        for warm in subjects(text).values():
            measured(warm, checks)
    print(f"| shape ({told.size:,} characters) | worst place | all checks ms | slowest check |")
    print("|---|---|---|---|")
    sums: list[float] = []
    slowest: defaultdict[str, float] = defaultdict(float)
    for name, text in shapes(told.size):
        times = {place: measured(item, checks) for place, item in subjects(text).items()}
        worst = max(times, key=lambda place: sum(times[place].values()))
        total = sum(times[worst].values())
        slow = max(times[worst], key=lambda check: times[worst][check])
        sums.extend(sum(part.values()) for part in times.values())
        for part in times.values():
            for check, spent in part.items():
                slowest[check] = max(slowest[check], spent)
        mark = " **over**" if total > BAR_MS else ""
        print(f"| {name} | {worst} | {total:.0f}{mark} | {slow} {times[worst][slow]:.0f} |")
    ranked = sorted(sums)
    print(f"\nmax {ranked[-1]:.0f} ms, p95 {ranked[int(0.95 * len(ranked))]:.0f} ms")
    print(", ".join(f"{name} {spent:.0f}" for name, spent in sorted(slowest.items())))


def measured(item: Subject, checks: Mapping[str, Check]) -> dict[str, float]:
    """Return what each check takes, in milliseconds."""
    found = {}
    for name, check in checks.items():
        started = time.perf_counter()
        run_check(name, check, item, where="hostile")
        found[name] = 1_000 * (time.perf_counter() - started)
    return found


if __name__ == "__main__":
    main()
