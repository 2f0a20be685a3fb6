"""How many mistakes the checks catch, and how many good replies they block: by type and by kind.

    python -m benchmarks.proof                      the tables
    python -m benchmarks.proof --limit 20           a quick look: at most 20 of every type
    python -m benchmarks.proof --show 10            ten mistakes that passed (misses)
    python -m benchmarks.proof --show 10 --of false ten good replies that were blocked
    python -m benchmarks.proof --type negation --part dev --json FILE

Nothing is tuned on the part `held-out` (documents and records by their hash; added sentences have
other wordings there). A mistake counts as caught when the reply is blocked; `fairly` counts only
replies whose unchanged form passes, so that a checker that blocks everything gains nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.company import shared_data
from benchmarks.mutations import TYPES, Mutated, as_text, grounded, mutated, real
from benchmarks.mutations_sources import Grounded, Row
from firstline.errors import Place
from firstline.evals.check import Examined, Examiner
from firstline.evals.check_cases import case_of

EACH = 150
"""Mistakes of a type."""
GOOD = 260
"""Verbatim replies of a source."""
REAL = 120
STYLES = ("verbatim", "record", "paraphrase", "real")
PARTS = ("dev", "held-out")
SHOWN_EVIDENCE = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A reply and what came of it."""

    good: Grounded
    changed: Mutated | None
    examined: Examined

    @property
    def blocked(self) -> bool:
        """Whether it may not be sent."""
        return self.examined.verdict == "block"


def main() -> None:
    """Generate, judge, print."""
    options = _options()
    data = shared_data()
    goods = grounded(data, each=GOOD)
    wrong = [
        item
        for item in mutated(goods, data, each=EACH)
        if _wanted(item.good, options) and options.type in (None, item.type)
    ]
    if options.limit:
        wrong = _few(wrong, options.limit)
        kept = {item.good.id for item in wrong}
        goods = [item for item in goods if item.id in kept or _is_sampled(item, options.limit)]
    goods = [*goods, *real(data, each=min(REAL, options.limit or REAL))]
    goods = [item for item in goods if _wanted(item, options)]
    started = time.process_time()
    judged = judge(goods, wrong, Examiner(only=options.only))
    seconds = time.process_time() - started
    if options.show:
        show(judged, options)
        return
    report = tables(judged)
    print(f"\n{len(judged):,} replies in {seconds:.1f} s of processor time")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=0, help="at most so many of every type")
    parser.add_argument("--show", type=int, default=0, help="print so many failures")
    parser.add_argument("--of", choices=("misses", "false"), default="misses")
    parser.add_argument("--type", choices=TYPES)
    parser.add_argument("--style", choices=STYLES, help="of good replies")
    parser.add_argument("--source", choices=("acme", "bank", "retail", "airline"))
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--only", action="append", default=[], help="run only this check")
    parser.add_argument("--json", type=Path, help="write the figures to a file")
    return parser.parse_args()


def _wanted(good: Grounded, options: argparse.Namespace) -> bool:
    return (
        options.part in (None, good.part)
        and options.source in (None, good.source)
        and options.style in (None, good.style)
    )


def _few(wrong: Sequence[Mutated], limit: int) -> list[Mutated]:
    """Return at most `limit` of each type, spread over its ways."""
    found: list[Mutated] = []
    for name in TYPES:
        held = [item for item in wrong if item.type == name]
        step = max(1, len(held) // limit)
        found += held[::step][:limit]
    return found


def _is_sampled(good: Grounded, limit: int) -> bool:
    return sum(map(ord, good.id)) % 100 < limit // 2


def judge(goods: Iterable[Grounded], wrong: Iterable[Mutated], examiner: Examiner) -> list[Judged]:
    """Return what comes of every reply."""
    found = [
        Judged(good=item, changed=None, examined=_examine(item.case(), examiner)) for item in goods
    ]
    found += [
        Judged(good=item.good, changed=item, examined=_examine(item.case, examiner))
        for item in wrong
    ]
    return found


def _examine(row: Row, examiner: Examiner) -> Examined:
    return examiner.examine(case_of(row, Place()))


def tables(judged: Sequence[Judged]) -> Mapping[str, Any]:
    """Print the tables and return their figures."""
    passed = {item.good.id for item in judged if item.changed is None and not item.blocked}
    known = {item.good.id for item in judged if item.changed is None}
    report: dict[str, Any] = {"caught": {}}
    print("| mistake | n | caught % | fairly % | dev % | held-out % |\n|---|---|---|---|---|---|")
    rows = {name: [item for item in judged if _type(item) == name] for name in TYPES}
    for name, held in {**rows, "all": [item for item in judged if item.changed]}.items():
        fair = [item for item in held if item.good.id in passed or item.good.id not in known]
        figures = {
            "n": len(held),
            "caught": _share(held),
            "fairly": _share(fair),
            **{part: _share([item for item in held if item.good.part == part]) for part in PARTS},
        }
        report["caught"][name] = figures
        print(f"| {name} | {' | '.join(map(_shown, figures.values()))} |")
    report["false blocks"] = _good(judged)
    _ways(judged, report)
    return report


def _good(judged: Sequence[Judged]) -> Row:
    """Print how many good replies are blocked, and how many of their sentences are not proven."""
    print("\n| good replies | n | blocked % | dev % | held-out % | sentences % |")
    print("|---|---|---|---|---|---|")
    good = [item for item in judged if item.changed is None]
    report: Row = {}
    for style in STYLES:
        for source in ("", "acme", "bank", "retail", "airline"):
            held = [
                item
                for item in good
                if item.good.style == style and source in ("", item.good.source)
            ]
            if not held:
                continue
            marks = [bool(proof.gaps) for item in held for proof in item.examined.proofs]
            figures = {
                "n": len(held),
                "blocked": _share(held),
                **{
                    part: _share([item for item in held if item.good.part == part])
                    for part in PARTS
                },
                "sentences": sum(marks) / max(1, len(marks)),
            }
            report[f"{style} {source}".strip()] = figures
            name = f"{style}: {source}" if source else f"**{style}**"
            print(f"| {name} | {' | '.join(map(_shown, figures.values()))} |")
    return report


def _ways(judged: Sequence[Judged], report: dict[str, Any]) -> None:
    """Print the ways that fare worst: of making mistakes, and of paraphrasing."""
    missed: dict[str, list[bool]] = {}
    false: dict[str, list[bool]] = {}
    for item in judged:
        if item.changed is not None:
            key = f"{item.changed.type}: {item.changed.way}"
            missed.setdefault(key, []).append(not item.blocked)
        elif item.good.style == "paraphrase":
            for way in item.good.way.split("+"):
                false.setdefault(way, []).append(item.blocked)
    for title, counts in (("missed", missed), ("blocked wrongly", false)):
        worst = sorted(counts.items(), key=lambda pair: -sum(pair[1]) / len(pair[1]))[:12]
        print(f"\n| way | n | {title} % |\n|---|---|---|")
        for way, marks in worst:
            print(f"| {way} | {len(marks)} | {100 * sum(marks) / len(marks):.1f} |")
        report[title] = {way: sum(marks) / len(marks) for way, marks in counts.items()}


def _type(item: Judged) -> str:
    return item.changed.type if item.changed else ""


def _share(held: Sequence[Judged]) -> float | None:
    return sum(item.blocked for item in held) / len(held) if held else None


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{100 * value:.1f}"


def show(judged: Sequence[Judged], options: argparse.Namespace) -> None:
    """Print failures: what was asked, the evidence, the reply, and what was found."""
    misses = options.of == "misses"
    chosen = [
        item for item in judged if (item.changed is not None) == misses and item.blocked != misses
    ]
    print(f"{len(chosen)} of them")
    for item in chosen[:: max(1, len(chosen) // options.show)][: options.show]:
        row = item.changed.case if item.changed else item.good.case()
        print(f"\n=== {row['id']}  ({item.good.part}, {item.good.way})")
        print(f"asked     {row['question']}")
        print(f"evidence  {_excerpt(item, row)}")
        if item.changed:
            before = item.good.sentences
            print(f"was       {before[min(item.changed.at, len(before) - 1)]}")
            print(f"MISTAKE   {item.changed.sentences[item.changed.at]}")
        for text, proof in zip(item.examined.case.reply, item.examined.proofs, strict=False):
            gaps = "; ".join(f"{gap.code}: {gap.detail}" for gap in proof.gaps)
            print(f"  {'✗' if gaps else '✓'} {text}\n      {gaps or proof.how}")
        for finding in item.examined.findings:
            if finding.result != "pass" and finding.sentence is None:
                print(f"  ! {finding.check}/{finding.code}: {finding.detail}")


def _excerpt(item: Judged, row: Row) -> str:
    """Return the part of the evidence that has most words of the reply."""
    text = as_text(row)
    wanted = {word for sentence in item.good.sentences for word in sentence.lower().split()}
    lines = text.split("\n")
    ranked = sorted(lines, key=lambda line: -len(wanted & set(line.lower().split())))
    best = [line[:300] for line in ranked[:4] if line.strip()]
    return "\n          ".join(best)[:SHOWN_EVIDENCE]


if __name__ == "__main__":
    main()
