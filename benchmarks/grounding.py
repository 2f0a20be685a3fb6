"""Is a reply grounded? Three public sets with people's labels, beside the anchors of their papers.

    python -m benchmarks.grounding                     the tables
    python -m benchmarks.grounding --limit 200         a sample of each set
    python -m benchmarks.grounding --show 10 --of false --set mtrag

* BEGIN (Dziri et al. 2022): replies of small dialogue models, `Fully attributable` or not.
  `Generic` replies state nothing and are left out of the balanced accuracy.
* MTRAG (Katsis et al. 2025): three answers a question with people's ratings of faithfulness from 1
  to 4. Faithful: every rating is 4 (the reference answers of people) or the mean is at least 3.5;
  unfaithful: the mean is below 2.5; what is between is left out.
* ClapNQ (Rosenthal et al. 2025): long answers of people who saw one passage: all are grounded. The
  set also has unanswerable questions, which are no replies.

The text is used as it stands, with the spaces around its marks.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Literal

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.company import shared_data
from firstline.errors import Place
from firstline.evals.check import Examined, Examiner
from firstline.evals.check_cases import case_of

Row = dict[str, Any]
Kind = Literal["grounded", "ungrounded", "other"]

FAITHFUL = 3.5
UNFAITHFUL = 2.5
AUTOMATIC: Mapping[str, str] = {
    "rl_f": "RAGAS-like faithfulness, a model asked about each claim",
    "rb_llm": "a model as judge of the whole answer, with the reference",
    "rb_agg": "likeness to the reference answer",
    "Bert-KPrec": "likeness to the passages",
}
"""Scores of the publishers of MTRAG on the same answers: what others reach there."""
ANCHORS = (
    ("LLM-AggreFact, balanced accuracy", "the best 7B checker on a GPU", "77.4 %"),
    ("LLM-AggreFact, balanced accuracy", "checkers of 0.25 to 0.8B", "71.8 to 77.2 %"),
    ("LLM-AggreFact, balanced accuracy", "frontier models as judges", "75.9 to 77.2 %"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A reply with what people say of it."""

    set: str
    group: str
    """The collection or the model, for the table of where it fails."""
    kind: Kind
    human: bool
    """Whether a person wrote the reply."""
    row: Row
    scores: Mapping[str, float]
    """Automatic scores the publisher gives."""


def main() -> None:
    """Judge the sets and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=0, help="so many of each set")
    parser.add_argument("--show", type=int, default=0, help="print so many failures")
    parser.add_argument("--of", choices=("misses", "false"), default="false")
    parser.add_argument("--set", choices=tuple(READERS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = shared_data()
    examiner = Examiner(only=("proof",))
    judged: list[tuple[Labelled, Examined]] = []
    for name, read in READERS.items():
        if options.set in (None, name) and (data / f"grounding_{name}").is_dir():
            rows = _sample(list(read(data / f"grounding_{name}")), options.limit)
            judged += [(item, examiner.examine(case_of(item.row, Place()))) for item in rows]
    if options.show:
        _show(judged, options.show, misses=options.of == "misses")
        return
    report = _tables(judged)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2), encoding="utf-8")


def _sample(rows: list[Labelled], limit: int) -> list[Labelled]:
    chance = random.Random(11)  # noqa: S311 - a sample, not a secret
    return chance.sample(rows, limit) if 0 < limit < len(rows) else rows


def _begin(folder: Path) -> Iterator[Labelled]:
    kinds: Mapping[str, Kind] = {
        "Fully attributable": "grounded",
        "Not fully attributable": "ungrounded",
    }
    for row in _lines(folder / "data.jsonl"):
        yield Labelled(
            set="begin",
            group=f"{row['source']}, {row['model']}",
            kind=kinds.get(row["label"], "other"),
            human=False,
            scores={},
            row={
                "id": row["id"],
                "question": row["message"],
                "evidence": [row["knowledge"]],
                "reply": row["response"],
            },
        )


def _mtrag(folder: Path) -> Iterator[Labelled]:
    for row in _lines(folder / "data.jsonl.gz"):
        turns = [turn["text"] for turn in row["turns"]]
        ratings = row["human"]["faithfulness"]
        score = mean(ratings) if ratings else 3.0
        kind: Kind = "other"
        if score >= FAITHFUL:
            kind = "grounded"
        elif score < UNFAITHFUL:
            kind = "ungrounded"
        yield Labelled(
            set="mtrag",
            group=f"{row['collection']}, {row['model']}",
            kind=kind if row["contexts"] else "other",
            human=row["model"] == "reference",
            scores=row["auto"],
            row={
                "id": row["id"],
                "question": turns[-1],
                "earlier": turns[:-1],
                "evidence": [
                    {"id": item["id"], "title": item.get("title"), "text": item["text"]}
                    for item in row["contexts"]
                ],
                "reply": row["answer"],
            },
        )


def _clapnq(folder: Path) -> Iterator[Labelled]:
    for row in _lines(folder / "data.jsonl"):
        for number, answer in enumerate(row["answers"]):
            if row["answerable"] and answer.strip():
                yield Labelled(
                    set="clapnq",
                    group="people",
                    kind="grounded",
                    human=True,
                    scores={},
                    row={
                        "id": f"{row['id']}-{number}",
                        "question": row["question"],
                        "evidence": [
                            {"title": item["title"], "text": item["text"]}
                            for item in row["passages"]
                        ],
                        "reply": answer,
                    },
                )


READERS = {"begin": _begin, "mtrag": _mtrag, "clapnq": _clapnq}


def _lines(path: Path) -> Iterator[Row]:
    stored = path.read_bytes()
    text = (gzip.decompress(stored) if path.suffix == ".gz" else stored).decode("utf-8")
    yield from (json.loads(line) for line in text.splitlines() if line.strip())


def _tables(judged: Sequence[tuple[Labelled, Examined]]) -> Row:
    """Print what was measured and return it."""
    head = (
        "| set | grounded | blocked of them % | ungrounded | blocked of them % | balanced acc. % |"
    )
    print(f"{head}\n|---|---|---|---|---|---|")
    report: Row = {}
    for name in READERS:
        held = [pair for pair in judged if pair[0].set == name]
        if held:
            report[name] = _figures(name, held)
    print("\n| real grounded human answers | n | blocked % (asked: at most 10) |\n|---|---|---|")
    for name in READERS:
        people = [
            examined.verdict == "block"
            for item, examined in judged
            if item.set == name and item.human and item.kind == "grounded"
        ]
        if people:
            report[f"{name} people"] = mean(people)
            print(f"| {name} | {len(people)} | {100 * mean(people):.1f} |")
    print(f"\n{head}\n|---|---|---|---|---|---|")
    for group in sorted({(item.set, item.group) for item, _ in judged}):
        held = [pair for pair in judged if (pair[0].set, pair[0].group) == group]
        report[": ".join(group)] = _figures(": ".join(group), held)
    _reasons(judged)
    _anchors(judged)
    return report


def _figures(name: str, held: Sequence[tuple[Labelled, Examined]]) -> Row:
    shares: dict[str, list[bool]] = {"grounded": [], "ungrounded": [], "other": []}
    for item, examined in held:
        shares[item.kind].append(examined.verdict == "block")
    good, bad = shares["grounded"], shares["ungrounded"]
    false = mean(good) if good else None
    caught = mean(bad) if bad else None
    balanced = None if false is None or caught is None else (1 - false + caught) / 2
    cells = (len(good), _percent(false), len(bad), _percent(caught), _percent(balanced))
    print(f"| {name} | {' | '.join(map(str, cells))} |")
    return {"false": false, "caught": caught, "balanced": balanced}


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _reasons(judged: Iterable[tuple[Labelled, Examined]]) -> None:
    """Print why grounded replies were blocked."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in READERS}
    for item, examined in judged:
        if item.kind == "grounded":
            counts[item.set].update(examined.codes)
    print("\n| grounded replies blocked because of | " + " | ".join(counts) + " |")
    print("|---|" + "---|" * len(counts))
    for code, _ in sum(counts.values(), Counter[str]()).most_common(12):
        print(f"| {code} | " + " | ".join(str(held[code]) for held in counts.values()) + " |")


def _anchors(judged: Sequence[tuple[Labelled, Examined]]) -> None:
    """Print what others reach: on the same answers where scores are published, and elsewhere."""
    print("\n| anchor | who | what |\n|---|---|---|")
    rows = [item for item, _ in judged if item.scores and item.kind != "other"]
    for name, who in AUTOMATIC.items():
        pairs = [
            (item.scores[name], item.kind == "ungrounded")
            for item in rows
            if item.scores.get(name) is not None
        ]
        if {bad for _, bad in pairs} == {True, False}:
            best = max(_balanced(pairs, threshold) for threshold, _ in pairs)
            where = "MTRAG, balanced accuracy, best threshold chosen on these answers"
            print(f"| {where} | {who} | {100 * best:.1f} % |")
    for anchor in ANCHORS:
        print(f"| {' | '.join(anchor)} |")


def _balanced(pairs: Sequence[tuple[float, bool]], threshold: float) -> float:
    caught = mean(score < threshold for score, bad in pairs if bad)
    kept = mean(score >= threshold for score, bad in pairs if not bad)
    return (caught + kept) / 2


def _show(judged: Sequence[tuple[Labelled, Examined]], number: int, *, misses: bool) -> None:
    """Print grounded replies that were blocked, or ungrounded ones that passed."""
    kind, verdict = ("ungrounded", "pass") if misses else ("grounded", "block")
    chosen = [pair for pair in judged if pair[0].kind == kind and pair[1].verdict == verdict]
    print(f"{len(chosen)} of them")
    for item, examined in chosen[:: max(1, len(chosen) // number)][:number]:
        print(f"\n=== {item.set} {item.row['id']} ({item.group})\nasked     {item.row['question']}")
        for piece in examined.case.evidence:
            print(f"evidence  {piece.text[:1200]}")
        for text, proof in zip(examined.case.reply, examined.proofs, strict=False):
            gaps = "; ".join(
                f"{gap.code} “{text[gap.start : gap.end]}”: {gap.detail}" for gap in proof.gaps
            )
            print(f"  {'✗' if gaps else '✓'} {text}\n      {gaps or proof.how}")


if __name__ == "__main__":
    main()
