"""Measure the risk signals; prints Markdown tables.

Usage: python benchmarks/signals.py [DATA_FOLDER]

Recall and near misses come from the two lists of `tests/routing` (development: looked at while
phrases were improved; check: never). False alarms come from public support messages in the data
folder (or FIRSTLINE_SHARED_DATA); rows whose label says that the signal is really there are left
out. What is missing is left out, and said so.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from firstline.knowledge import Encoder, find_encoder
from firstline.records import Signal
from firstline.routing import find_signals

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
Row = dict[str, Any]

LISTS = Path(__file__).parent.parent / "tests" / "routing"
MOST = 1_500
HOSTILE = 20_000
SETS = {
    "banking77": "routing_banking77/data.jsonl",
    "clinc150": "routing_clinc150/data.jsonl.gz",
    "bitext": "routing_bitext/data.jsonl",
    "natcs": "routing_natcs/data.jsonl",
    "insurance": "routing_insurance_tickets/data.jsonl",
}
REALLY: dict[str, frozenset[str]] = {
    "human_request": frozenset(
        {"contact_human_agent", "contact_customer_service", "are_you_a_bot", "make_call"}
    ),
    "security": frozenset(
        {
            "card_payment_not_recognised",
            "cash_withdrawal_not_recognised",
            "compromised_card",
            "direct_debit_payment_not_recognised",
            "lost_or_stolen_card",
            "lost_or_stolen_phone",
            "report_fraud",
            "report_lost_card",
            "ChangeSecurityQuestion",
        }
    ),
    "bereavement": frozenset({"FileClaim"}),
    "danger": frozenset({"FileClaim", "ReportAutomobileAccident"}),
}
"""Labels of the public sets under which a signal is expected."""


def main() -> None:
    """Print every table."""
    told = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FIRSTLINE_SHARED_DATA", "")
    data = Path(told) if told else Path(__file__).parent.parent.parent / "shared" / "data"
    encoder = find_encoder()
    encode = remembering(encoder) if encoder else None
    if encode is None:
        print("No encoder on this machine: phrases only.\n")
    print_lists(encode)
    print_alarms(data, encode)
    print_known(data, encode)
    print_injections(data, encode)
    print_cost(data, encode)


def remembering(encoder: Encoder) -> Encode:
    """Return an encode function that never encodes a text twice."""
    held: dict[str, Vectors] = {}

    def encode(texts: Sequence[str]) -> Vectors:
        for text in texts:
            if text not in held:
                held[text] = encoder.encode([text])[0]
        return np.stack([held[text] for text in texts])

    return encode


def signals_in(text: str, encode: Encode | None) -> frozenset[str]:
    """Return the kinds of signals in a message without a subject, its sender verified."""
    found = find_signals(f"\n{text}", verified=True, masked=(), encode=encode)
    return frozenset(signal.signal for signal in found)


def share(hits: int, of: int) -> str:
    """Return a share in percent and its count."""
    return f"{100 * hits / of:.1f} % ({hits}/{of})" if of else "-"


def print_lists(encode: Encode | None) -> None:
    """Print recall and near-miss alarms on our own lists."""
    print("## Own lists: recall, and alarms on near misses\n")
    print("| signal | check: phrases | with meaning | near misses | development | near misses |")
    print("|---|---|---|---|---|---|")
    check = tomllib.loads((LISTS / "signals_check.toml").read_text(encoding="utf-8"))
    development = tomllib.loads((LISTS / "signals_development.toml").read_text(encoding="utf-8"))
    for signal, lists in check.items():
        positive, near = lists["positive"].split("\n"), lists["near_miss"].split("\n")
        seen = development[signal]
        cells = [
            counted(signal, positive, None),
            counted(signal, positive, encode),
            counted(signal, near, encode),
            counted(signal, seen["positive"].split("\n"), encode),
            counted(signal, seen["near_miss"].split("\n"), encode),
        ]
        print(f"| {signal} | " + " | ".join(cells) + " |")
    print()


def counted(signal: str, lines: Sequence[str], encode: Encode | None) -> str:
    """Return the share of lines in which a signal is found."""
    texts = [line for line in lines if line.strip()]
    return share(sum(signal in signals_in(text, encode) for text in texts), len(texts))


def rows_of(path: Path) -> list[Row]:
    """Return the rows of a JSONL file, gzipped or not."""
    stored = path.read_bytes()
    text = (gzip.decompress(stored) if path.suffix == ".gz" else stored).decode("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def sampled(rows: list[Row]) -> list[Row]:
    """Return at most MOST rows, always the same ones."""
    return random.Random(5).sample(rows, MOST) if len(rows) > MOST else rows  # noqa: S311 - a sample, not a secret


def available(data: Path) -> Iterator[tuple[str, list[Row]]]:
    """Yield the public sets that are there."""
    for name, file in SETS.items():
        if (data / file).is_file():
            yield name, sampled(rows_of(data / file))
        else:
            print(f"({name} is not in the data folder)\n")


def print_alarms(data: Path, encode: Encode | None) -> None:
    """Print false alarms per signal and set: phrases alone, and with meaning."""
    found = {
        name: [
            (row, signals_in(row["text"], None), signals_in(row["text"], encode)) for row in rows
        ]
        for name, rows in available(data)
    }
    print("## False alarms on public support messages: phrases / with meaning, in percent\n")
    print("| signal | " + " | ".join(found) + " |")
    print("|---|" + "---|" * len(found))
    for signal in get_args(Signal):
        cells = []
        for rows in found.values():
            counted_rows = [item for item in rows if not really(signal, item[0])]
            alone = sum(signal in phrases for _, phrases, _ in counted_rows)
            both = sum(signal in meaning for _, _, meaning in counted_rows)
            total = len(counted_rows)
            cells.append(f"{100 * alone / total:.2f} / {100 * both / total:.2f}")
        print(f"| {signal} | " + " | ".join(cells) + " |")
    print(f"\nAt most {MOST} messages of a set.\n")


def really(signal: str, row: Row) -> bool:
    """Return whether a row's label says that the signal is there."""
    if signal == "anger" and row.get("offensive"):
        return True
    return row.get("label") in REALLY.get(signal, frozenset())


def print_known(data: Path, encode: Encode | None) -> None:
    """Print recall where a public set has labels for a signal."""
    print("## Recall on labelled public messages\n")
    print("| set | signal | phrases | with meaning |")
    print("|---|---|---|---|")
    for name, kind, texts in known(data):
        alone = sum(kind in signals_in(text, None) for text in texts)
        both = sum(kind in signals_in(text, encode) for text in texts)
        print(f"| {name} | {kind} | {share(alone, len(texts))} | {share(both, len(texts))} |")
    print()


def known(data: Path) -> Iterator[tuple[str, Signal, list[str]]]:
    """Yield sets of messages that carry a signal by their label."""
    wanted: tuple[tuple[str, str, Signal, Callable[[Row], bool]], ...] = (
        (
            "bitext: contact_human_agent",
            SETS["bitext"],
            "human_request",
            lambda row: row["label"] == "contact_human_agent",
        ),
        ("bitext: swearing", SETS["bitext"], "anger", lambda row: row["offensive"]),
        (
            "banking77: compromised card",
            SETS["banking77"],
            "security",
            lambda row: row["label"] == "compromised_card",
        ),
        (
            "banking77: payment not recognised",
            SETS["banking77"],
            "security",
            lambda row: row["label"] == "card_payment_not_recognised",
        ),
        (
            "clinc150: report fraud",
            SETS["clinc150"],
            "security",
            lambda row: row["label"] == "report_fraud",
        ),
        (
            "goemotions: anger",
            "anger_goemotions/data.jsonl.gz",
            "anger",
            lambda row: "anger" in row["labels"],
        ),
        (
            "goemotions: neither anger nor annoyance (alarms)",
            "anger_goemotions/data.jsonl.gz",
            "anger",
            lambda row: not {"anger", "annoyance"} & set(row["labels"]),
        ),
    )
    for name, file, signal, belongs in wanted:
        if (data / file).is_file():
            yield (
                name,
                signal,
                [
                    row["text"]
                    for row in sampled([row for row in rows_of(data / file) if belongs(row)])
                ][:500],
            )


def print_injections(data: Path, encode: Encode | None) -> None:
    """Print the injection signal by kind of text."""
    file = data / "injections" / "data.jsonl"
    if not file.is_file():
        return
    print("## Injection, by kind of text\n")
    print("| kind | carries one | phrases | with meaning |")
    print("|---|---|---|---|")
    by_kind: dict[tuple[str, int], list[str]] = {}
    for row in rows_of(file):
        by_kind.setdefault((row["kind"], row["label"]), []).append(row["text"])
    for (kind, label), texts in sorted(by_kind.items()):
        alone = sum("injection" in signals_in(text, None) for text in texts)
        both = sum("injection" in signals_in(text, encode) for text in texts)
        carries = "yes" if label else "no"
        print(f"| {kind} | {carries} | {share(alone, len(texts))} | {share(both, len(texts))} |")
    print()


def print_cost(data: Path, encode: Encode | None) -> None:
    """Print CPU time per message."""
    print("## CPU per message\n")
    print("| text | phrases ms | with meaning ms |")
    print("|---|---|---|")
    for name, texts in (*everyday(data), *hostile()):
        print(f"| {name} | {cpu_ms(texts, None):.2f} | {cpu_ms(texts, encode):.2f} |")


def everyday(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield messages of ordinary length."""
    file = data / SETS["banking77"]
    if file.is_file():
        lines = [row["text"] for row in rows_of(file)]
        chosen = random.Random(3)  # noqa: S311 - a sample, not a secret
        yield "one short message", chosen.sample(lines, 200)
        yield "60 words", [" ".join(chosen.sample(lines, 5)) for _ in range(100)]
        yield "2,000 words", [" ".join(chosen.sample(lines, 170)) for _ in range(5)]


def hostile() -> Iterator[tuple[str, list[str]]]:
    """Yield texts made to be slow."""
    chosen = random.Random(4)  # noqa: S311 - a sample, not a secret
    words = "i want to speak with a real human agent not your bot kill you my lawyer hacked".split()
    salad = " ".join(chosen.choice(words) for _ in range(6_000))
    yield "20,000 characters of trigger words", [salad[:HOSTILE]]
    yield "20,000 characters a.a.a.", ["a." * (HOSTILE // 2)]
    yield (
        "20,000 random characters",
        ["".join(map(chr, chosen.choices(range(32, 0x9FFF), k=HOSTILE)))],
    )


def cpu_ms(texts: Sequence[str], encode: Encode | None) -> float:
    """Return the mean CPU time of a message in milliseconds, patterns warm."""
    signals_in(texts[0], encode)
    started = time.process_time()
    for text in texts:
        signals_in(text, encode)
    return 1_000 * (time.process_time() - started) / len(texts)


if __name__ == "__main__":
    main()
