"""How well a knowledge base is searched, measured on questions with known answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from firstline.errors import InputError, Place
from firstline.evals.cases import read_cases
from firstline.knowledge import Knowledge, SearchResult
from firstline.records import Audience

DEPTH: Final = 5
"""How many documents count as found."""
PASSAGES: Final = 25
"""Passages asked for first; a long document may hold many of the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCase:
    """A question and the documents that answer it."""

    query: str
    relevant: tuple[str, ...]
    """Document ids; empty when nothing in the knowledge base answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReport:
    """What a search scored; ranks are over documents, each by its best passage."""

    n: int
    hit_at_1: float
    """Share of the answerable questions whose first document is relevant."""
    hit_at_5: float
    """Share with at least one relevant document among the first five."""
    recall_at_5: float
    """Mean share of a question's relevant documents among the first five."""
    mrr_at_5: float
    """Mean of 1 / rank of the first relevant document, 0 beyond the fifth."""
    unanswerable_auroc: float | None
    """How surely `answerable` ranks an answerable question above an unanswerable one; None when
    the cases do not have both."""
    p50_ms: float
    """Wall time of one search, with encoding the query."""
    p99_ms: float

    def as_json(self) -> dict[str, Any]:
        """Return the report under the names of the `eval search --json` format."""
        return {
            "n": self.n,
            "hit@1": self.hit_at_1,
            "hit@5": self.hit_at_5,
            "recall@5": self.recall_at_5,
            "mrr@5": self.mrr_at_5,
            "unanswerable_auroc": self.unanswerable_auroc,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
        }


def read_search_cases(path: Path) -> tuple[SearchCase, ...]:
    """Return the cases of a JSONL file of `{"query": ..., "relevant": [document ids]}` lines.

    Raises:
        InputError: The file cannot be read, a line is wrong, or there is no case in it.
    """
    return read_cases(path, '{"query": ..., "relevant": [...]}', _case)


def _case(fields: dict[str, Any], place: Place) -> SearchCase:
    query, ids = fields.get("query"), _ids(fields.get("relevant"))
    if not isinstance(query, str) or not query.strip() or ids is None:
        raise InputError(
            "this is not a search case",
            place=place,
            fix='Write {"query": "a question", "relevant": ["document id", ...]}; an empty list '
            "means that nothing answers it",
        )
    return SearchCase(query=query, relevant=ids)


def _ids(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    if not all(isinstance(entry, str | int) and not isinstance(entry, bool) for entry in value):
        return None
    return tuple(dict.fromkeys(str(entry) for entry in value))


def evaluate_search(
    knowledge: Knowledge,
    cases: Sequence[SearchCase],
    *,
    audience: Audience | None = "public",
) -> SearchReport:
    """Return what `knowledge` scores on `cases`; one untimed search warms it up.

    Raises:
        InputError: There are no cases.
    """
    if not cases:
        raise InputError("there are no search cases", fix="Give at least one")
    knowledge.search(cases[0].query, audience=audience)
    ranks: list[tuple[SearchCase, list[str]]] = []
    sure: list[float] = []
    unsure: list[float] = []
    milliseconds: list[float] = []
    for case in cases:
        start = time.perf_counter()
        result = knowledge.search(case.query, k=PASSAGES, audience=audience)
        milliseconds.append((time.perf_counter() - start) * 1000)
        (sure if case.relevant else unsure).append(result.answerable)
        if case.relevant:
            ranks.append((case, _documents(knowledge, case.query, result, audience)))
    return SearchReport(
        n=len(cases),
        hit_at_1=_mean(
            [float(found[0] in case.relevant) if found else 0.0 for case, found in ranks]
        ),
        hit_at_5=_mean([float(bool(set(found) & set(case.relevant))) for case, found in ranks]),
        recall_at_5=_mean(
            [len(set(found) & set(case.relevant)) / len(case.relevant) for case, found in ranks]
        ),
        mrr_at_5=_mean([_reciprocal_rank(case, found) for case, found in ranks]),
        unanswerable_auroc=auroc(sure, unsure),
        p50_ms=float(np.percentile(milliseconds, 50)),
        p99_ms=float(np.percentile(milliseconds, 99)),
    )


def _documents(
    knowledge: Knowledge, query: str, result: SearchResult, audience: Audience | None
) -> list[str]:
    """Return the first five documents, looking deeper when a few of them fill the result."""
    asked = PASSAGES
    while True:
        found = list(dict.fromkeys(str(hit.passage.document) for hit in result.hits))
        if len(found) >= DEPTH or len(result.hits) < asked:
            return found[:DEPTH]
        asked *= 8
        result = knowledge.search(query, k=asked, audience=audience)


def _reciprocal_rank(case: SearchCase, found: list[str]) -> float:
    return next((1 / rank for rank, name in enumerate(found, 1) if name in case.relevant), 0.0)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return the chance that a random positive scores above a random negative, ties half.

    The Mann-Whitney U statistic over n*m, by mid-ranks; None when either side is empty.
    """
    if not positives or not negatives:
        return None
    values = np.array([*positives, *negatives], np.float64)
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - (size - 1) / 2
    above = middle[group][: len(positives)].sum() - len(positives) * (len(positives) + 1) / 2
    return float(above / (len(positives) * len(negatives)))
