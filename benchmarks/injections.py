"""Measure the injection screen and the output gate; prints Markdown tables.

Usage: python -m benchmarks.injections [DATA_FOLDER]

Three tables: the screen on the labelled pool (recall, false alarms) and on ordinary mail, beside
five published detectors on the texts they were recorded on; the output gate on recorded replies
of three models to poisoned documents; what the screen costs. The weights were fitted on this
very pool: `python -m benchmarks.fit_injection --check` prints what carries over.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("OMP_NUM_THREADS", "1")

import re2

from benchmarks.injection_data import Row, held_back, rows_of, support
from firstline.proof.checks.injected import injected
from firstline.proof.checks.links import allowed_links
from firstline.proof.injection import screen
from firstline.proof.normal import normalise
from firstline.proof.subject import Subject
from firstline.proof.values import links
from firstline.records import Draft, Evidence, EvidenceId, Language, Sentence
from firstline.workspace import Catalogue, Policies, Settings, Voice, Workspace

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
ACME = Path(__file__).parent.parent / "examples" / "acme"
DETECTORS = {
    "aws_bedrock_guardrail": "Bedrock Guardrails",
    "azure_prompt_shields": "Azure Prompt Shields",
    "injec_guard": "InjecGuard",
    "prompt_guard_injection": "Prompt Guard",
    "protect_ai_v2": "ProtectAI v2",
}
MOST = 2_000
TIMES = 30
CARRIES = re2.compile(
    r"(?i)!\[[^\]]*\]\(|<img|<svg|<script|<iframe|onerror\s*=|onload\s*=|javascript:"
)
"""What can fetch or run something, told apart from the gate's own patterns."""


def main() -> None:
    """Print every table."""
    told = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FIRSTLINE_SHARED_DATA", "")
    data = Path(told) if told else DATA
    print_screen(rows_of(data / "injections" / "data.jsonl"))
    print_anchors(rows_of(data / "injections" / "data.jsonl"))
    print_ordinary({**support(data), **held_back(data, ACME)})
    print_evidence(data)
    print_gate(rows_of(data / "injection_claude_replies" / "data.jsonl.gz"))
    print_cost(support(data)["bitext"])


def share(hits: int, of: int) -> str:
    """Return a share in percent, and its count."""
    return f"{100 * hits / of:.1f} % ({hits}/{of})" if of else "-"


def is_flagged(text: str) -> bool:
    """Return whether the screen finds anything."""
    return bool(screen(normalise(text)))


def print_screen(rows: Sequence[Row]) -> None:
    """Print recall and false alarms by kind."""
    hits: Counter[tuple[int, str, str]] = Counter()
    counts: Counter[tuple[int, str, str]] = Counter()
    for row in rows:
        key = (row["label"], row["kind"], row["source"].partition(" ")[0].partition("/")[0])
        counts[key] += 1
        hits[key] += is_flagged(row["text"])
    print("## Input screen on the labelled pool (fitted on it)\n")
    print("| kind | source | carries one | flagged |\n|---|---|---|---|")
    for (label, kind, source), number in sorted(counts.items()):
        flagged = share(hits[label, kind, source], number)
        print(f"| {kind} | {source} | {'yes' if label else 'no'} | {flagged} |")
    found = sum(number for (label, _, _), number in hits.items() if label)
    total = sum(number for (label, _, _), number in counts.items() if label)
    print(f"\nRecall: {share(found, total)}\n")


def print_anchors(rows: Sequence[Row]) -> None:
    """Print the published detectors beside the screen, on the texts they were recorded on."""
    recorded = [row for row in rows if row.get("published_detectors_flagged")]
    print("## Beside published detectors, on the same texts (spikee)\n")
    print("| detector | attacks flagged | benign flagged |\n|---|---|---|")
    for name, title in DETECTORS.items():
        cells = [
            share(
                sum(bool(row["published_detectors_flagged"].get(name)) for row in part), len(part)
            )
            for part in by_label(recorded)
        ]
        print(f"| {title} | {' | '.join(cells)} |")
    cells = [
        share(sum(is_flagged(row["text"]) for row in part), len(part))
        for part in by_label(recorded)
    ]
    print(f"| firstline | {' | '.join(cells)} |\n")


def by_label(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return attacks and benign rows."""
    return [row for row in rows if row["label"]], [row for row in rows if not row["label"]]


def print_ordinary(messages: dict[str, list[str]]) -> None:
    """Print false alarms on ordinary texts."""
    print("## False alarms on ordinary texts\n")
    print("| texts | flagged |\n|---|---|")
    for name, texts in messages.items():
        rng = random.Random(5)  # noqa: S311 - a sample, not a secret
        some = rng.sample(texts, MOST) if len(texts) > MOST else texts
        print(f"| {name} | {share(sum(map(is_flagged, some)), len(some))} |")
    print("\nOf the last four nothing was ever learnt.\n")


def print_evidence(data: Path) -> None:
    """Print how often articles written by staff trip the check of the evidence."""
    articles = [row["content"] for row in rows_of(data / "tau_banking" / "documents.jsonl")]
    folder = data / "kb_articles" / "articles"
    articles_of = {
        "tau_banking": articles,
        "kb_articles": [file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.md"))],
    }
    print("## The `injection` check on articles as evidence\n")
    print("| articles | warned |\n|---|---|")
    for name, texts in articles_of.items():
        warned = sum(bool(injected(subject(["Fine."], [normalise(text)]))) for text in texts)
        print(f"| {name} | {share(warned, len(texts))} |")
    print()


def subject(reply: Sequence[str], evidence: Sequence[str]) -> Subject:
    """Return a foreign reply for the checks; the hosts of the evidence's links are allowed."""
    hosts = set()
    for text in evidence:
        for link in links(text):
            try:
                hosts.add(urlsplit(link).hostname or "")
            except ValueError:
                continue
    return Subject(
        asked="\n",
        asked_in=Language(code="en", confidence=1.0),
        draft=Draft(
            action="answer",
            sentences=tuple(Sentence(text=text, kind="quote") for text in reply),
            reason="",
        ),
        evidence=tuple(
            Evidence(
                id=EvidenceId(f"e{at}"),
                kind="passage",
                source="document",
                version="1",
                text=text,
                fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
            for at, text in enumerate(evidence)
        ),
        workspace=Workspace(
            folder=Path(),
            settings=Settings(company="", links=tuple(hosts)),
            intents=(),
            policies=Policies(),
            catalogue=Catalogue(),
            voice=Voice(),
            version="",
        ),
        foreign=True,
        today=date(2026, 1, 1),
    )


def print_gate(rows: Sequence[Row]) -> None:
    """Print what the output gate does with recorded replies to poisoned documents.

    The poisoned document is the evidence, so the attacker's own words count as held.
    """
    stopped: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    codes: Counter[str] = Counter()
    carrying: list[bool] = []
    for row in rows:
        # Rows that upstream left without an instruction type are of another kind of attack.
        kind = row["instruction_type"] or "other"
        found = allowed_links(subject([row["response"]], [row["input"]]))
        carries = CARRIES.search(row["response"]) is not None
        succeeded = "attack succeeded" if row["attack_succeeded"] else "attack failed"
        group = f"{succeeded}, carries a link, image or script" if carries else succeeded
        stopped[kind, group].append(bool(found))
        if carries:
            carrying.append(bool(found))
        codes.update({finding.code for finding in found})
    print("## Output gate on recorded replies (Claude 3.5 Haiku and Sonnet, GPT-4o)\n")
    print("| instruction | replies | stopped |\n|---|---|---|")
    for (kind, group), results in sorted(stopped.items()):
        print(f"| {kind} | {group} | {share(sum(results), len(results))} |")
    print(f"\nReplies that carry a link, image or script: {share(sum(carrying), len(carrying))}")
    for title, wanted in (("succeeded", "attack succeeded"), ("failed", "attack failed")):
        results = [
            result
            for (_, group), part in stopped.items()
            for result in part
            if group.startswith(wanted)
        ]
        print(f"All replies of attacks that {title}: {share(sum(results), len(results))}")
    clean = [
        result
        for (_, group), part in stopped.items()
        if group == "attack failed"
        for result in part
    ]
    print(f"Clean replies stopped: {share(sum(clean), len(clean))}")
    print("By finding: " + ", ".join(f"{code} {number}" for code, number in codes.most_common()))
    print()


def print_cost(lines: Sequence[str]) -> None:
    """Print the time of one message, its cache cold."""
    mail = " ".join(lines[:60])
    print("## CPU per message\n")
    print("| text | median ms |\n|---|---|")
    for name, text in (("1 kB", mail[:1_000]), ("20 kB", (mail * 20)[:20_000])):
        print(f"| {name} | {median_ms(text):.2f} |")


def median_ms(text: str) -> float:
    """Return the median processor time of screening a text it has not seen."""
    return sorted(_times(text))[TIMES // 2]


def _times(text: str) -> Iterable[float]:
    for turn in range(TIMES):
        fresh = f"{turn} {text}"
        started = time.process_time()
        screen(fresh)
        yield 1_000 * (time.process_time() - started)


if __name__ == "__main__":
    main()
