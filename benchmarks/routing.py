"""Measure routing; prints one Markdown table of what is asked and what is measured.

Usage: python benchmarks/routing.py [DATA_FOLDER]

The data folder (or FIRSTLINE_SHARED_DATA) holds `routing_banking77`, `routing_clinc150`,
`routing_natcs`, `routing_bitext` and `routing_insurance_tickets`; what is missing is left out.
Classifiers learn from one part of each set and are measured on another.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from firstline.evals.route import RouteCase, RouteReport, evaluate_route
from firstline.knowledge import Encoder, find_encoder
from firstline.routing import Classifier, find_requests

MOST_TESTS = 2000
FOREIGN_TESTS = 400
BEFORE = (
    "Hope you are all having a good week so far.",
    "I have been a customer for about four years now and normally never have any trouble.",
    "We just moved house, so everything is a bit chaotic here, boxes everywhere.",
    "My neighbour told me she had something similar last year and it got sorted quickly.",
    "To be honest I am not very good with computers, so please bear with me.",
)
AFTER = (
    "I would appreciate a quick answer as I am leaving for a trip on Friday.",
    "Sorry for the long message, I just wanted to explain everything.",
    "Anyway, have a lovely day and thank you for reading all this.",
    "You have always been great, so I am sure this is quickly done.",
)
CONNECTORS = (" Also, ", "\n\n", " And another thing: ", " ", "\n- ", " By the way, ")


class Remembering:
    """An encoder that encodes each text once; speed is measured with the plain one."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._held: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}
        self.name = encoder.name
        self.dim = encoder.dim

    def encode(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return one unit row per text."""
        for text in texts:
            if text not in self._held:
                self._held[text] = self._encoder.encode([text])[0]
        return np.stack([self._held[text] for text in texts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A taxonomy with messages to learn from and messages to be measured on."""

    name: str
    learn: tuple[RouteCase, ...]
    test: tuple[RouteCase, ...]
    foreign: tuple[RouteCase, ...] = ()
    foreign_learn: tuple[RouteCase, ...] = ()

    def few(self, count: int) -> list[tuple[str, str]]:
        """Return at most so many examples of each intent; all for 0."""
        taken: dict[str, int] = {}
        pairs = []
        for case in self.learn:
            taken[case.label] = taken.get(case.label, 0) + 1
            if not count or taken[case.label] <= count:
                pairs.append((case.text, case.label))
        return pairs


def main() -> int:
    """Run what the data allows and print the table."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FIRSTLINE_SHARED_DATA", "."))
    plain = find_encoder()
    encoder = None if plain is None else Remembering(plain)
    if encoder is None:
        print("No sentence encoder: the figures below are for words only.\n")
    print("| figure | asked | measured |\n|---|---|---|")
    if (data / "routing_banking77").is_dir():
        task = halves(data, "banking77", 0.2)
        for count, asked in ((5, ""), (10, ""), (20, ">= 88 %"), (0, ">= 93 %")):
            quality(task, count, asked, encoder)
        hard_wording(task, encoder)
        several(task, encoder)
        speed(task, plain)
    if (data / "routing_clinc150").is_dir():
        task = clinc(data)
        for count, asked in ((5, ""), (10, ""), (20, ">= 92 %, AUROC >= .96"), (0, "")):
            quality(task, count, asked, encoder)
        quality(task, 20, "", encoder, foreign=True)
    for name, share, count in (("natcs", 0.4, 10), ("bitext", 0.5, 20)):
        if (data / f"routing_{name}").is_dir():
            quality(halves(data, name, share), count, "", encoder)
    if (data / "routing_insurance_tickets").is_dir():
        quality(insurance(data), 0, "", encoder)
    return 0


def row(figure: str, asked: str, measured: str) -> None:
    """Print one line of the table."""
    print(f"| {figure} | {asked} | {measured} |", flush=True)


def quality(
    task: Task, count: int, asked: str, encoder: Encoder | None, *, foreign: bool = False
) -> None:
    """Accuracy, calibration and out-of-scope ranking."""
    examples = task.few(count)
    if foreign:
        examples += [(case.text, case.label) for case in task.foreign_learn]
    if encoder is not None:
        encoder.encode([text for text, _ in examples])
    start = time.process_time()
    classifier = Classifier.fit(examples, encoder)
    cpu = time.process_time() - start
    report = evaluate_route(classifier, encoder, [*task.test, *task.foreign])
    size = f"{count} examples" if count else f"all {len(examples):,} examples"
    told = " and 100 out-of-scope ones" if foreign else ""
    ece = ", ECE <= .03" if asked else ""
    row(f"{task.name}, {size}{told}", asked + ece, f"{figures(report)}, fit {cpu:.1f} CPU s")


def figures(report: RouteReport) -> str:
    """Return a report in one line."""
    parts = [f"{100 * (report.accuracy or 0):.1f} % (macro F1 {report.macro_f1 or 0:.3f})"]
    parts.append(f"ECE {report.ece or 0:.3f}")
    if report.oos_auroc is not None:
        parts.append(f"AUROC {report.oos_auroc:.3f}")
    parts.append(f"{100 * (report.coverage_at_95 or 0):.0f} % covered at 95 %")
    return ", ".join(parts)


def hard_wording(task: Task, encoder: Encoder | None) -> None:
    """Typing errors, and requests buried in a long message."""
    chance = random.Random(7)  # noqa: S311 - drawing test messages
    classifier = Classifier.fit(task.few(20), encoder)
    cases = task.test[:500]
    texts = [case.text for case in cases]
    for name, changed in (
        ("one letter in 50 mistyped", [mistyped(text, 0.02, chance) for text in texts]),
        ("one letter in 17 mistyped", [mistyped(text, 0.06, chance) for text in texts]),
        ("among six sentences about other things", [buried(text, chance) for text in texts]),
    ):
        harder = [
            RouteCase(text=text, label=case.label)
            for text, case in zip(changed, cases, strict=True)
        ]
        report = evaluate_route(classifier, encoder, harder)
        row(f"{task.name}, 20 examples, {name}", "", figures(report))


def several(task: Task, encoder: Encoder | None) -> None:
    """How often several requests are seen where there are, and where there are not."""
    chance = random.Random(7)  # noqa: S311 - as above
    classifier = Classifier.fit(task.few(20), encoder)
    encode = None if encoder is None else encoder.encode
    singles = [case.text for case in task.test[:500]]
    long = [buried(text, chance) for text in singles]
    double: list[str] = []
    while len(double) < len(singles):
        first, second = chance.sample(task.test, 2)
        if first.label != second.label:
            double.append(ended(first.text) + chance.choice(CONNECTORS) + second.text)
    shares = [
        np.mean([len(find_requests(text, classifier, encode)) > 1 for text in texts])
        for texts in (double, singles, long)
    ]
    row(
        f"{task.name}, 20 examples: several requests found in double / single / long single",
        "",
        " / ".join(f"{100 * share:.0f} %" for share in shares),
    )


def speed(task: Task, encoder: Encoder | None) -> None:
    """Time of one message with encoding it, and of learning."""
    examples = task.few(0)
    start = time.process_time()
    classifier = Classifier.fit(examples, encoder)
    cpu = time.process_time() - start
    row(
        f"learning {len(examples):,} examples of {len(classifier.labels)} intents, with encoding",
        "<= 60 CPU s",
        f"{cpu:.0f} CPU s",
    )
    report = evaluate_route(classifier, encoder, task.test[:500])
    row(
        "routing one message, with encoding, p50 / p99 wall, mean CPU",
        "<= 4 ms",
        f"{report.p50_ms:.1f} / {report.p99_ms:.1f} ms, {report.cpu_ms:.1f} ms",
    )


# --- data -----------------------------------------------------------------------------------


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of `data.jsonl`, plain or gzipped."""
    path = next(folder.glob("data.jsonl*"))
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def case_of(entry: dict[str, Any]) -> RouteCase:
    """Return a row as a case."""
    return RouteCase(text=entry["text"], label=entry["label"])


def foreign_to(data: Path, name: str) -> tuple[RouteCase, ...]:
    """Return messages of other companies as out-of-scope cases."""
    others = [other for other in ("natcs", "bitext") if other != name]
    texts = [
        entry["text"]
        for other in others
        if (data / f"routing_{other}").is_dir()
        for entry in lines(data / f"routing_{other}")
    ]
    random.Random(3).shuffle(texts)  # noqa: S311 - as above
    return tuple(RouteCase(text=text, label="oos") for text in texts[:FOREIGN_TESTS])


def halves(data: Path, name: str, share: float) -> Task:
    """Cut a set in two, intent by intent."""
    cases = [case_of(entry) for entry in lines(data / f"routing_{name}")]
    random.Random(7).shuffle(cases)  # noqa: S311 - as above
    by_label: dict[str, list[RouteCase]] = {}
    for case in cases:
        by_label.setdefault(case.label, []).append(case)
    test = [case for group in by_label.values() for case in group[: int(len(group) * share)]]
    learn = [case for group in by_label.values() for case in group[int(len(group) * share) :]]
    random.Random(8).shuffle(test)  # noqa: S311 - as above
    return Task(
        name=name,
        learn=tuple(learn),
        test=tuple(test[:MOST_TESTS]),
        foreign=foreign_to(data, name),
    )


def clinc(data: Path) -> Task:
    """Learn from the official training part, measure on the validation part."""
    parts: dict[str, list[RouteCase]] = {}
    for entry in lines(data / "routing_clinc150"):
        parts.setdefault(entry["part"], []).append(case_of(entry))
    for part in parts.values():
        random.Random(7).shuffle(part)  # noqa: S311 - as above
    return Task(
        name="clinc150",
        learn=tuple(parts["train"]),
        test=tuple(parts["val"][:MOST_TESTS]),
        foreign=tuple(parts["oos_val"]),
        foreign_learn=tuple(parts["oos_train"]),
    )


def insurance(data: Path) -> Task:
    """Ten coarse classes of long tickets, some seven examples each."""
    parts: dict[str, list[RouteCase]] = {}
    for entry in lines(data / "routing_insurance_tickets"):
        parts.setdefault(entry["part"], []).append(case_of(entry))
    return Task(
        name="insurance tickets",
        learn=tuple(parts["train"]),
        test=tuple(parts["test"]),
        foreign=foreign_to(data, "natcs"),
    )


def ended(text: str) -> str:
    """Return a text that ends like a sentence."""
    return text if text.endswith((".", "?", "!")) else text + "."


def buried(text: str, chance: random.Random) -> str:
    """Put a message between sentences that ask for nothing."""
    return " ".join([*chance.sample(BEFORE, 3), ended(text), *chance.sample(AFTER, 3)])


def mistyped(text: str, rate: float, chance: random.Random) -> str:
    """Drop, change, double or swap letters."""
    letters: list[str] = []
    for letter in text:
        if not letter.isalpha() or chance.random() >= rate:
            letters.append(letter)
            continue
        slip = chance.randrange(4)
        if slip == 1:
            letters.append(chance.choice("abcdefghijklmnopqrstuvwxyz"))
        elif slip == 2:
            letters += [letter, letter]
        elif slip == 3:
            letters.insert(max(0, len(letters) - 1), letter)
    return "".join(letters)


if __name__ == "__main__":
    raise SystemExit(main())
