"""What the injection screen learns from: public data, and our own sentences.

The licences of the public sets are in docs/output-gate.md. Only hashed weights leave this file.
"""

from __future__ import annotations

import gzip
import json
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2

from firstline.proof.injection.windows import Window, windows
from firstline.proof.normal import normalise

Row = dict[str, Any]

OWN = Path(__file__).parent / "injection_sentences.toml"
SLOT = re2.compile(r"\{(\w+)\}")
MAIL_ENDS = re2.compile(r"[.?!\n] ?")
ASSISTANT_TASKS = frozenset(
    "translate definition fun_fact tell_joke meaning_of_life weather recipe calculator "
    "measurement_conversion what_are_your_hobbies do_you_have_pets where_are_you_from spelling "
    "reminder calendar_update todo_list_update shopping_list_update meeting_schedule timer "
    "distance nutrition_info how_old_are_you roll_dice play_music".split()
)
"""Intents of clinc150 that no support desk serves."""
TASK_ATTACKS = frozenset(
    {
        "Content Creation",
        "Information Retrieval",
        "Language Translation",
        "Learning and Tutoring",
        "Programming Help",
    }
)
"""Categories of BIPIA that ask for something unrelated instead of giving orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text to learn from."""

    text: str
    """Normalised."""
    label: int
    """1: carries an injection."""
    group: str
    """Texts of one group are never on both sides of a cut."""
    source: str
    kind: str = "support"
    weight: float = 0.5
    planted: str = ""
    """The part that was put into an ordinary text, where it is known."""
    task: bool = False
    """Whether what was planted is a stray request rather than an order."""
    public: bool = False
    """Whether it counts in the published figures."""
    known: str = ""
    """The ordinary texts that an attack was put into, in lower case."""


def rows_of(path: Path) -> list[Row]:
    """Return the rows of a JSONL file, gzipped or not."""
    stored = path.read_bytes()
    text = (gzip.decompress(stored) if path.suffix == ".gz" else stored).decode("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def labelled(data: Path) -> list[Example]:
    """Return the labelled pool, with the groups that a fair cut needs."""
    rows = rows_of(data / "injections" / "data.jsonl")
    known = "\n".join(
        row["text"].lower() for row in rows if row["source"] == "spikee" and not row["label"]
    )
    return [_labelled(row, known) for row in rows]


def _labelled(row: Row, known: str) -> Example:
    source, category = str(row["source"]).partition("/")[0].partition(" ")[0], str(row["category"])
    text = normalise(row["text"])
    group = {
        "BIPIA": f"BIPIA:{category}" if row["label"] else "BIPIA:clean",
        "spikee": f"spikee:{category.rsplit('-', 1)[0]}",
        "CyberSecEval": f"CyberSecEval:{text[:25]}",
        "garak": f"garak:{text[:30]}",
        "Giskard": f"Giskard:{category}",
    }.get(source, str(row["id"]))
    return Example(
        text=text,
        label=row["label"],
        group=group,
        source=source,
        kind=row["kind"],
        weight=1.0,
        planted=normalise(row.get("injected", "")),
        task=source == "BIPIA" and category in TASK_ATTACKS,
        public=True,
        known=known if source == "spikee" and row["label"] else "",
    )


def support(data: Path) -> dict[str, list[str]]:
    """Return ordinary messages by source; whole conversations as one long mail end in `_mail`."""
    found = {
        name: [row["text"] for row in rows_of(data / f"routing_{name}" / file)]
        for name, file in (
            ("banking77", "data.jsonl"),
            ("bitext", "data.jsonl"),
            ("insurance_tickets", "data.jsonl"),
            ("natcs", "data.jsonl"),
        )
    }
    for name in ("tau_retail", "tau_airline"):
        talks = [
            [
                turn["content"]
                for turn in row["messages"]
                if turn["role"] == "user" and turn["content"] and "###" not in turn["content"]
            ]
            for file in ("conversations.jsonl", "fewshot_transcripts.jsonl")
            for row in rows_of(data / name / file)
        ]
        found[name] = list(dict.fromkeys(turn for talk in talks for turn in talk))
        found[f"{name}_mail"] = ["\n\n".join(talk) for talk in talks]
    turns = [
        [turn["text"] for turn in row["turns"] if turn["role"] == "user"]
        for row in rows_of(data / "faq_dstc11" / "dialogues.jsonl.gz")
    ]
    found["dstc11"] = [talk[-1] for talk in turns]
    found["dstc11_mail"] = ["\n".join(talk) for talk in turns]
    return {name: [normalise(text) for text in texts] for name, texts in found.items()}


def held_back(data: Path, examples: Path) -> dict[str, list[str]]:
    """Return ordinary texts that nothing is learnt from: the sample company, abcd, articles."""
    tickets = [
        f"{row.get('subject', '')}\n{row['text']}" for row in rows_of(examples / "tickets.jsonl")
    ]
    talks = [
        "\n".join(text for who, text in row["original"] if who == "customer")
        for row in rows_of(data / "abcd" / "sample_dialogues.jsonl")
    ]
    articles = [row["content"] for row in rows_of(data / "tau_banking" / "documents.jsonl")]
    docs = [row["question"] for row in rows_of(data / "faq_anthropic_docs" / "questions.jsonl")]
    return {
        "acme": tickets,
        "abcd": talks,
        "tau_banking_articles": articles,
        "questions_about_a_model_api": docs,
    }


def examples(data: Path, *, seed: int = 7) -> list[Example]:
    """Return everything to learn from, in an order that never changes."""
    rng = random.Random(seed)  # noqa: S311 - a fixed sample, not a secret
    pool = labelled(data)
    messages = support(data)
    mails = list(_mails(messages, rng))
    found = [*pool, *_ordinary(messages, rng)]
    found.extend(
        Example(text=mail, label=0, group=f"mail:{at}", source="mail")
        for at, mail in enumerate(mails)
    )
    tasks = [(task, f"task:{task}", "own tasks") for task in own("tasks", 12, rng)]
    tasks += [(task, f"task:{task}", "tasks") for task in public_tasks(data, rng)]
    tasks += [
        (item.text, item.group, "tasks")
        for item in pool
        if item.source == "NotInject" and item.text.isascii()
    ]
    found.extend(
        Example(
            text=_planted(task, rng.choice(mails), rng),
            label=1,
            group=group,
            source=source,
            kind="own",
            weight=0.6,
            planted=task,
            task=True,
        )
        for task, group, source in tasks
    )
    found.extend(_own(mails, rng))
    return found


def _ordinary(messages: dict[str, list[str]], rng: random.Random) -> Iterator[Example]:
    most = {"banking77": 3_000, "bitext": 1_500, "dstc11_mail": 500}
    for name, texts in messages.items():
        chosen = rng.sample(texts, min(len(texts), most.get(name, len(texts))))
        for at, text in enumerate(chosen):
            yield Example(text=text, label=0, group=f"{name}:{at}", source=name)


def _mails(messages: dict[str, list[str]], rng: random.Random) -> Iterator[str]:
    """Yield long mails: real conversations, and messages of one source put together."""
    for name in ("bitext", "insurance_tickets", "natcs", "banking77", "dstc11"):
        for _ in range(80):
            yield rng.choice([" ", "\n", "\n\n"]).join(
                rng.sample(messages[name], rng.randint(3, 6))
            )
    talks = [*messages["tau_retail_mail"], *messages["tau_airline_mail"]]
    yield from rng.sample(talks, min(150, len(talks)))


def public_tasks(data: Path, rng: random.Random) -> list[str]:
    """Return what people ask a general assistant or an encyclopedia for."""
    spoken = [
        row["text"]
        for row in rows_of(data / "routing_clinc150" / "data.jsonl.gz")
        if row["label"] in ASSISTANT_TASKS
    ]
    asked = [row["question"] + "?" for row in rows_of(data / "grounding_clapnq" / "data.jsonl")]
    return [
        *rng.sample(spoken, min(1_200, len(spoken))),
        *rng.sample(asked, min(300, len(asked))),
    ]


def own(kind: str, times: int, rng: random.Random) -> list[str]:
    """Return our own sentences of a kind, a few of each with slots."""
    table = tomllib.loads(OWN.read_text(encoding="utf-8"))
    found = [
        SLOT.sub(lambda slot: rng.choice(table["words"][slot.group(1)]), line)
        for line in table[kind]["sentences"].strip().split("\n")
        for _ in range(times if "{" in line else 1)
    ]
    return list(dict.fromkeys(found))


def _planted(sentence: str, mail: str, rng: random.Random) -> str:
    """Return a mail with a sentence put at its start, its end, or between two others."""
    match rng.choice(["start", "middle", "end"]):
        case "start":
            return f"{sentence}\n{mail}"
        case "end":
            return f"{mail}\n{sentence}"
        case _:
            ends = [match.end() for match in MAIL_ENDS.finditer(mail)] or [len(mail)]
            cut = rng.choice(ends)
            return f"{mail[:cut]} {sentence} {mail[cut:]}"


def _own(mails: Sequence[str], rng: random.Random) -> Iterator[Example]:
    for kind, times in (("orders", 14), ("attacks", 8)):
        for line in own(kind, times, rng):
            group, source = f"{kind}:{line[:25]}", f"own {kind}"
            yield Example(text=line, label=1, group=group, source=source, kind="own", weight=0.6)
            if kind == "orders" or rng.random() < 0.5:
                yield Example(
                    text=_planted(line, rng.choice(mails), rng),
                    label=1,
                    group=group,
                    source=source,
                    kind="own",
                    weight=0.4,
                    planted=line,
                )
    for at, line in enumerate(own("ordinary", 8, rng)):
        for text, weight in ((line, 2.0), (_planted(line, rng.choice(mails), rng), 1.0)):
            yield Example(
                text=text, label=0, group=f"ordinary:{at}", source="own ordinary", weight=weight
            )


def marks(example: Example, parts: Sequence[Window]) -> list[int]:
    """Return for each window whether it belongs to the attack, as far as is known."""
    if not example.label:
        return [0] * len(parts)
    if example.planted:
        return _inside(example, parts)
    text = example.text.lower()
    return [
        int(not example.known or text[part.start : part.end].strip(" .|\n") not in example.known)
        for part in parts
    ]


def _inside(example: Example, parts: Sequence[Window]) -> list[int]:
    start = example.text.find(example.planted)
    end = start + len(example.planted)
    shared = [min(part.end, end) - max(part.start, start) for part in parts]
    found = [
        int(common >= 0.5 * (part.end - part.start))
        for common, part in zip(shared, parts, strict=True)
    ]
    if not any(found) and parts:
        found[shared.index(max(shared))] = 1
    return found


def cut(example: Example) -> tuple[Window, ...]:
    """Return the windows of an example."""
    return windows(example.text)
