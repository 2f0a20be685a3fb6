"""How much masking finds, how much it takes for something it is not, and what it costs.

Labelled sentences of the public PII set, ordinary messages of two routing sets, and numbers made
up with valid and with wrong check digits.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.company import shared_data
from firstline.proof import checksums
from firstline.proof.masking import ALL_KINDS, mask

LABELS = {"CREDIT_CARD": "card", "IBAN_CODE": "iban", "US_SSN": "ssn"}
MADE = 2000
HOSTILE = {
    "digits in pairs": "11 ",
    "cards": "4111 1111 1111 1111 ",
    "decimals": "1.",
    "passwords": "password is hunter2 ",
    "password words": "password ",
    "key beginnings": "-----BEGIN PRIVATE KEY-----",
    "IBAN beginnings": "GB29 ",
    "accounts": "bsb 062000 ",
}


def rows(path: Path) -> Iterator[dict[str, object]]:
    """Return the rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def labelled(data: Path) -> None:
    """Print recall and precision on the labelled sentences."""
    gold: Counter[str] = Counter()
    found: Counter[str] = Counter()
    claimed: Counter[str] = Counter()
    for row in rows(data / "pii" / "data.jsonl"):
        masked = mask(str(row["text"]))
        claimed.update(span.kind for span in masked.spans)
        spans = row["spans"]
        assert isinstance(spans, list)  # noqa: S101 - the data set says so
        for span in spans:
            kind = LABELS.get(span["type"])
            if kind:
                gold[kind] += 1
                found[kind] += span["text"] not in masked.text
    print("\n| kind | labelled | masked of them | masked in all | recall | precision |")
    print("|---|---|---|---|---|---|")
    for kind in sorted({*gold, *claimed}):
        recall = found[kind] / gold[kind] if gold[kind] else float("nan")
        precision = min(1.0, found[kind] / claimed[kind]) if claimed[kind] else float("nan")
        cells = (kind, gold[kind], found[kind], claimed[kind], f"{recall:.1%}", f"{precision:.1%}")
        print("| " + " | ".join(map(str, cells)) + " |")


def false_alarms(data: Path) -> None:
    """Print how many ordinary messages are touched, and the cost a kilobyte."""
    print("\n| messages | number | touched | ms a kB (CPU) |")
    print("|---|---|---|---|")
    for name in ("routing_banking77", "routing_bitext"):
        texts = [str(row["text"]) for row in rows(data / name / "data.jsonl")]
        start = time.process_time()
        touched = sum(bool(mask(text).spans) for text in texts)
        cost = (time.process_time() - start) * 1e6 / sum(map(len, texts))
        print(f"| {name} | {len(texts):,} | {touched} | {cost:.2f} |")


def made_up() -> None:
    """Print what is found of numbers with valid and with wrong check digits."""
    chance = random.Random(7)  # noqa: S311 - the same numbers every time
    digits = "".join
    makers: dict[str, tuple[str, int, Callable[[str], bool]]] = {
        "my TFN is {}": ("", 9, checksums.tfn),
        "Medicare {}": ("2", 10, checksums.medicare),
        "ABN {}": ("5", 11, checksums.abn),
        "pay with {} please": ("4", 16, checksums.card),
        "pay with {} now": ("51", 16, checksums.card),
        "charge {} now": ("37", 15, checksums.card),
    }
    print("\n| sentence | valid | found | wrong check digit | found |")
    print("|---|---|---|---|---|")
    for sentence, (prefix, length, check) in makers.items():
        valid: list[str] = []
        wrong: list[str] = []
        while len(valid) < MADE:
            number = prefix + digits(chance.choices("0123456789", k=length - len(prefix)))
            (valid if check(number) else wrong).append(number)
        hits = [
            sum(bool(mask(sentence.format(n), kinds=ALL_KINDS).spans) for n in numbers)
            for numbers in (valid, wrong[:MADE])
        ]
        print(f"| {sentence} | {MADE} | {hits[0]} | {MADE} | {hits[1]} |")


def hostile() -> None:
    """Print what twenty thousand characters of the worst kinds cost."""
    print("\n| 20,000 characters of | ms (CPU) |")
    print("|---|---|")
    for name, piece in HOSTILE.items():
        text = (piece * 20_000)[:20_000]
        start = time.process_time()
        mask(text)
        print(f"| {name} | {(time.process_time() - start) * 1e3:.0f} |")


def main() -> None:
    """Run all of it."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    data = shared_data()
    mask("warm up")
    labelled(data)
    false_alarms(data)
    made_up()
    hostile()


if __name__ == "__main__":
    main()
