"""How much masking finds, how much it takes for something it is not, and what it costs.

Labelled sentences of the public PII set, ordinary messages of two routing sets, and numbers made
up with valid and with wrong check digits.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.company import shared_data
from firstline.evals.pii import evaluate_pii, read_pii_cases
from firstline.proof import checksums
from firstline.proof.masking import ALL_KINDS, find_all, mask

ASKED = ("card", "iban", "ssn", "email", "phone")
"""At least 97 % of these kinds are to be found, and at least 95 % of what is found to be right."""
PHONES = (
    "905-674-3793", "0490 75 40 81", "(99) 645-791", "+46 (0)8 928 571 38", "9472 7916",
    "01.84.17.61.18", "451 5986", "72 128 827", "(579)888-3058x123", "001-518-640-0854",
    "28-64-66-98", "+447700677662", "0412 345 678", "1300 655 506", "8 (495) 123-45-67",
    "5186400854", "06-12345678", "+1 (905) 674-3793 ext. 12", "138 0013 8000",
)  # fmt: skip
SENTENCES = (
    "{}", "My number is {}.", "Tel:{}", "phone no. {}", "Please ring {} after five.",
    "{} is my new mobile", "text me at {}, thanks", "I changed it from {} to something else",
    "Our office line ({}) is dead", "Anna's number: {}", "Name: Anna\nTel.\n{}\n",
    "Contact: Anna, {}", "{} (home)", "sms to {} never came", "I'm on {} if you need me", "fax {}",
)  # fmt: skip
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
    "single digits": "1 ",
    "signs of addresses": "a@b.",
    "words of addresses": "x at y dot com ",
    "phones": "+61 412 345 678 ",
    "versions": "1.2.3.4",
    "colons": "1:2:3:4:",
}


def rows(path: Path) -> Iterator[dict[str, object]]:
    """Return the rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def labelled(data: Path) -> None:
    """Print recall and precision on the labelled sentences."""
    report = evaluate_pii(read_pii_cases(data / "pii" / "data.jsonl"))
    print(f"\n{report.n} labelled sentences, {report.cpu_ms_per_kb:.2f} ms a kB (CPU)")
    print("\n| kind | labelled | covered | found | right | recall | precision | asked |")
    print("|---|---|---|---|---|---|---|---|")
    for kind, row in report.per_type.items():
        recall = "" if row.recall is None else f"{row.recall:.1%}"
        precision = "" if row.precision is None else f"{row.precision:.1%}"
        asked = "97 % / 95 %" if kind in ASKED else ""
        cells = (kind, row.marked, row.covered, row.found, row.right, recall, precision, asked)
        print("| " + " | ".join(map(str, cells)) + " |")


def phones() -> None:
    """Print how many phone numbers of many countries are found in sentences of many kinds."""
    print("\n| sentence | numbers | found |")
    print("|---|---|---|")
    for sentence in SENTENCES:
        found = 0
        for number in PHONES:
            text = sentence.format(number)
            start = text.index(number)
            found += any(
                item.kind == "phone" and item.start <= start + 1 and item.end >= start + len(number)
                for item in find_all(text)
            )
        shown = sentence.replace("\n", " / ")
        print(f"| {shown} | {len(PHONES)} | {found} |")


def false_alarms(data: Path) -> None:
    """Print how many ordinary messages are touched, and the cost a kilobyte."""
    print("\n| messages | number | touched | ms a kB (CPU) | with mail and phones | ms a kB |")
    print("|---|---|---|---|---|---|")
    for name in ("routing_banking77", "routing_bitext"):
        texts = [str(row["text"]) for row in rows(data / name / "data.jsonl")]
        start = time.process_time()
        touched = sum(bool(mask(text).spans) for text in texts)
        cost = (time.process_time() - start) * 1e6 / sum(map(len, texts))
        start = time.process_time()
        all_kinds = sum(bool(mask(text, kinds=ALL_KINDS).spans) for text in texts)
        all_cost = (time.process_time() - start) * 1e6 / sum(map(len, texts))
        print(
            f"| {name} | {len(texts):,} | {touched} | {cost:.2f} | {all_kinds} | {all_cost:.2f} |"
        )


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
        mask(text, kinds=ALL_KINDS, region="AU")
        print(f"| {name} | {(time.process_time() - start) * 1e3:.0f} |")


def main() -> None:
    """Run all of it."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    data = shared_data()
    mask("warm up")
    labelled(data)
    phones()
    false_alarms(data)
    made_up()
    hostile()


if __name__ == "__main__":
    main()
