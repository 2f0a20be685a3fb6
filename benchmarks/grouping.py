"""Do messages of one topic come together when knowledge gaps are grouped?

    FIRSTLINE_SHARED_DATA=... python -m benchmarks.grouping

500 messages from each of four collections whose topics are known. BCubed (Bagga and Baldwin 1998):
of a message's group, the share of its own topic; of its topic, the share in its own group.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.routing import lines
from firstline.knowledge import find_encoder
from firstline.knowledge.grouping import grouped

SETS = ("routing_banking77", "routing_clinc150", "routing_natcs", "routing_bitext")
TAKEN = 500


def main() -> int:
    """Print one table."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FIRSTLINE_SHARED_DATA", "."))
    if not all((data / name).is_dir() for name in SETS):
        print("The public data is not here (FIRSTLINE_SHARED_DATA): nothing was measured.")
        return 0
    encoder = find_encoder(None)
    print("| set | by | topics | groups | of its topic | of the topic | seconds |")
    print("|---|---|---|---|---|---|---|")
    for name in SETS:
        entries = list(lines(data / name))
        random.Random(1).shuffle(entries)  # noqa: S311 - drawing test messages
        texts = [str(entry["text"]) for entry in entries[:TAKEN]]
        topics = [str(entry["label"]) for entry in entries[:TAKEN]]
        for way in ("meaning", "words"):
            if way == "meaning" and encoder is None:
                continue
            begun = time.perf_counter()
            vectors = encoder.encode(texts) if encoder and way == "meaning" else None
            groups = grouped(texts, vectors)
            seconds = time.perf_counter() - begun
            precision, recall = _bcubed(groups, topics)
            print(
                f"| {name.removeprefix('routing_')} | {way} | {len(set(topics))} | {len(groups)} "
                f"| {precision:.0%} | {recall:.0%} | {seconds:.1f} |"
            )
    return 0


def _bcubed(groups: tuple[tuple[int, ...], ...], topics: list[str]) -> tuple[float, float]:
    sizes = Counter(topics)
    precision = recall = 0.0
    for group in groups:
        for topic, shared in Counter(topics[at] for at in group).items():
            precision += shared * shared / len(group)
            recall += shared * shared / sizes[topic]
    return precision / len(topics), recall / len(topics)


if __name__ == "__main__":
    raise SystemExit(main())
