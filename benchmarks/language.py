"""How often the language of a short message is wrong, how often it cannot be told, and the cost."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import psutil
import re2

from benchmarks.company import shared_data
from benchmarks.masking import rows
from firstline.proof.language import UNKNOWN, detect

_LINK = re2.compile(r"\[([^\]]*)\]\([^)]*\)")
_SENTENCE = re2.compile(r"(?:[^.!?。]|[.!?]\S)+[.!?。]*")
_SHORTEST = {"zh": 6}


def sentences(folder: Path, code: str) -> list[str]:
    """Return the sentences of the articles in one language."""
    found: list[str] = []
    for path in sorted(folder.rglob("*.md")):
        body = _LINK.sub(r"\1", path.read_text(encoding="utf-8").split("---", 2)[-1])
        for line in body.splitlines():
            parts = (match.group(0).strip("#*- >|") for match in _SENTENCE.finditer(line))
            found.extend(part for part in parts if len(part) >= _SHORTEST.get(code, 15))
    return found


def report(name: str, texts: list[str], code: str) -> None:
    """Print one row."""
    start = time.process_time()
    told = Counter(detect(text).code for text in texts)
    cost = (time.process_time() - start) * 1e3 / len(texts)
    wrong = len(texts) - told[code] - told[UNKNOWN]
    shares = f"{wrong / len(texts):.2%} | {told[UNKNOWN] / len(texts):.2%}"
    print(f"| {name} | {len(texts):,} | {shares} | {cost:.2f} |")


def main() -> None:
    """Run all of it."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    data = shared_data()
    process = psutil.Process()
    before = process.memory_info().rss
    start = time.process_time()
    detect("unverständliche Zeichenfolge ohne Alltagswörter")
    print(f"\nFirst use of the model: {time.process_time() - start:.2f} s CPU, ", end="")
    print(f"{(process.memory_info().rss - before) / 1e6:.0f} MB.")
    print("\n| texts | number | wrong language | cannot be told | ms each (CPU) |")
    print("|---|---|---|---|---|")
    for name in ("routing_banking77", "routing_bitext"):
        report(name, [str(row["text"]) for row in rows(data / name / "data.jsonl")], "en")
    for code in ("en", "es", "fr", "zh"):
        folder = data / "kb_articles" / "articles" / "logingov" / code
        report(f"help articles, {code}", sentences(folder, code), code)


if __name__ == "__main__":
    main()
