"""Measure search quality and speed; prints one Markdown table of what is asked and measured.

Usage: python benchmarks/search.py [DATA_FOLDER]

The data folder (or FIRSTLINE_SHARED_DATA) holds `faq_anthropic_docs`, `faq_dstc11`,
`faq_dstc10_spoken`, `grounding_clapnq` and `routing_banking77`; what is missing is left out of the
table. Takes about two minutes.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from firstline.evals.search import SearchCase, SearchReport, auroc, evaluate_search
from firstline.knowledge import Document, Encoder, Knowledge, find_encoder, load_documents
from firstline.records import DocumentId

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    figure: str
    asked: str
    measured: str


def main() -> int:
    """Run what the data allows and print the table."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FIRSTLINE_SHARED_DATA", "."))
    encoder = find_encoder()
    if encoder is None:
        print("No sentence encoder: the figures below are for words only.\n")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, measure in (
            ("faq_anthropic_docs", documentation),
            ("grounding_clapnq", encyclopaedia),
            ("faq_dstc11", written_dialogues),
            ("faq_dstc10_spoken", spoken_dialogues),
        ):
            if (data / name).is_dir():
                rows += measure(data / name, Path(scratch) / name, encoder)
        rows += speed(Path(scratch) / "speed", encoder)
    print("| figure | asked | measured |\n|---|---|---|")
    for row in rows:
        print(f"| {row.figure} | {row.asked} | {row.measured} |")
    return 0


def documentation(data: Path, scratch: Path, encoder: Encoder | None) -> list[Row]:
    """Sections of a documentation and questions about them; also with the answers taken out."""
    documents = load_documents(data / "chunks.jsonl").documents
    cases = [
        SearchCase(query=row["question"], relevant=tuple(row["gold"]))
        for row in lines(data / "questions.jsonl")
    ]
    knowledge = filled(scratch, documents, Remembered(encoder) if encoder else None)
    report = evaluate_search(knowledge, cases)
    with_answers = [knowledge.search(case.query).answerable for case in cases]
    foreign: list[float] = []
    banking = data.parent / "routing_banking77" / "data.jsonl"
    if banking.is_file():
        texts = [row["text"] for row in lines(banking)][::20]
        foreign = [knowledge.search(text).answerable for text in texts]
    without = []
    for case in cases:
        knowledge.sync([doc for doc in documents if doc.id not in case.relevant])
        without.append(knowledge.search(case.query).answerable)
    knowledge.close()
    return [
        Row("documentation MRR@5", "> 0.80", f"{report.mrr_at_5:.3f}"),
        Row("documentation recall@5", "> 0.63", f"{report.recall_at_5:.3f}"),
        Row("documentation hit@1", "", f"{report.hit_at_1:.3f}"),
        Row(
            "documentation, answers removed: AUROC of `answerable`",
            "",
            f"{auroc(with_answers, without) or 0:.3f}",
        ),
        Row(
            "documentation, banking questions: AUROC of `answerable`",
            "",
            f"{auroc(with_answers, foreign) or 0:.3f}",
        ),
    ]


def encyclopaedia(data: Path, scratch: Path, encoder: Encoder | None) -> list[Row]:
    """Questions of which half are about an article here that does not answer them."""
    rows = lines(data / "data.jsonl")
    texts = {passage["text"]: passage["title"] for row in rows for passage in row["passages"]}
    documents = [
        Document(id=DocumentId(str(number)), title=title, text=text)
        for number, (text, title) in enumerate(texts.items())
    ]
    knowledge = filled(scratch, documents, encoder)
    scores: dict[bool, list[float]] = {True: [], False: []}
    for row in rows:
        scores[bool(row["answerable"])].append(knowledge.search(row["question"]).answerable)
    knowledge.close()
    return [
        Row(
            "encyclopaedia, near misses: AUROC of `answerable`",
            "",
            f"{auroc(scores[True], scores[False]) or 0:.3f}",
        )
    ]


def written_dialogues(data: Path, scratch: Path, encoder: Encoder | None) -> list[Row]:
    """Last turns of written dialogues against FAQ entries and reviews, 10,882 documents."""
    report, cost = dialogues(data, scratch, encoder)
    return [
        Row("written dialogues R@1", ">= 0.62", f"{report.hit_at_1:.3f}"),
        Row("written dialogues MRR@5", "", f"{report.mrr_at_5:.3f}"),
        Row(
            "written dialogues: AUROC of `answerable`, knowledge-seeking turns against others",
            "",
            f"{report.unanswerable_auroc or 0:.3f}",
        ),
        Row("search in 10,882 short documents, wall p50", "<= 6 ms", str(cost)),
    ]


def spoken_dialogues(data: Path, scratch: Path, encoder: Encoder | None) -> list[Row]:
    """Last turns as heard by a speech recogniser against 12,039 FAQ entries."""
    report, _ = dialogues(data, scratch, encoder)
    return [Row("spoken dialogues R@1", "", f"{report.hit_at_1:.3f}")]


def dialogues(data: Path, scratch: Path, encoder: Encoder | None) -> tuple[SearchReport, Cost]:
    """Return the report of a dialogue set, and what one search costs."""
    snippets = lines(next(data.glob("snippets.jsonl*")))
    scratch.mkdir()
    source = scratch / "snippets.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in snippets), encoding="utf-8")
    entity = {row["id"]: row["entity"] for row in snippets}
    cases = []
    for row in lines(next(data.glob("dialogues.jsonl*"))):
        turn = [entry["text"] for entry in row["turns"] if entry["role"] == "user"][-1]
        about = f"{entity[row['gold'][0]]} " if row["gold"] else ""
        cases.append(SearchCase(query=about + turn, relevant=tuple(row["gold"])))
    knowledge = filled(scratch, load_documents(source).documents, encoder)
    report = evaluate_search(knowledge, cases)
    cost = timed(knowledge, [case.query for case in cases[:300]])
    knowledge.close()
    return report, cost


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one search, its query encoded with it."""

    wall_p50: float
    wall_p99: float
    cpu_p50: float

    def __str__(self) -> str:
        """As it stands in the table."""
        return f"{self.wall_p50:.1f} ms (p99 {self.wall_p99:.1f}), CPU {self.cpu_p50:.1f} ms"


def timed(knowledge: Knowledge, queries: Sequence[str]) -> Cost:
    """Return what one search costs, after a warm-up."""
    knowledge.search(queries[0])
    wall, cpu = [], []
    for query in queries:
        start, start_cpu = time.perf_counter(), time.process_time()
        knowledge.search(query)
        cpu.append((time.process_time() - start_cpu) * 1000)
        wall.append((time.perf_counter() - start) * 1000)
    p50, p99 = (float(np.percentile(wall, share)) for share in (50, 99))
    return Cost(p50, p99, float(np.percentile(cpu, 50)))


def speed(scratch: Path, encoder: Encoder | None) -> list[Row]:
    """Search in 10,000 passages of 100 words; their vectors are random, the words are not."""
    chance = np.random.default_rng(7)
    words = np.array([a + b + c for a in ONSETS for b in VOWELS for c in ENDINGS])
    # Zipf's law: a word's share falls with its rank.
    shares = 1 / np.arange(1, len(words) + 1)
    shares /= shares.sum()
    documents = [
        Document(
            id=DocumentId(f"article-{number}"),
            title=" ".join(chance.choice(words, 4)),
            text=" ".join(chance.choice(words, 100, p=shares)) + ".",
        )
        for number in range(10_000)
    ]
    queries = [" ".join(chance.choice(words, 6, p=shares)) for _ in range(300)]
    knowledge = filled(scratch, documents, RandomVectors(encoder) if encoder else None)
    cost = timed(knowledge, queries)
    start = time.perf_counter()
    again = Knowledge.open(scratch / "knowledge.db", RandomVectors(encoder) if encoder else None)
    again.search(queries[0])
    opening = (time.perf_counter() - start) * 1000
    again.close()
    knowledge.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Row("search in 10,000 passages of 100 words, wall p50", "<= 6 ms", str(cost)),
        Row("opening that index and the first search, wall", "", f"{opening:.0f} ms"),
        Row("peak memory of this whole run", "<= 250 MB in service", f"{memory:.0f} MB"),
    ]


ONSETS = ("b", "br", "d", "dr", "f", "fl", "g", "gr", "k", "l", "m", "n", "p", "pl", "r", "s", "st")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "oo", "ou")
ENDINGS = ("b", "ck", "d", "ft", "g", "ll", "m", "nd", "p", "rk", "sh", "st", "t", "v", "x", "zz")


class Remembered:
    """Encodes a text once, however often its document leaves and returns."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.name = encoder.name
        self.dim = encoder.dim

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._encoder.encode([text])[0]
        return np.stack([self._known[text] for text in texts])


class RandomVectors:
    """Real cost for a query, none for ten thousand documents nobody reads."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._chance = np.random.default_rng(7)
        self.name = f"random-{encoder.name}"
        self.dim = encoder.dim

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the true vector of a single text, random ones for many."""
        if len(texts) == 1:
            return self._encoder.encode(texts)
        rows = self._chance.standard_normal((len(texts), self.dim)).astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def filled(scratch: Path, documents: Sequence[Document], encoder: Encoder | None) -> Knowledge:
    """Return an index of `documents`."""
    knowledge = Knowledge.open(scratch / "knowledge.db", encoder)
    knowledge.sync(documents)
    return knowledge


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSONL file, plain or gzipped."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    raise SystemExit(main())
