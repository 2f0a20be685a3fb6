"""What loads but deserves attention: the workspace's part of `firstline doctor`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml

from firstline.errors import InputError
from firstline.records import Intent, Signal
from firstline.workspace.adopt.knowledge import SUFFIXES
from firstline.workspace.create import STARTER_COMPANY, starter
from firstline.workspace.customer_index import build_index
from firstline.workspace.models import SignalPolicy, Voice, Workspace
from firstline.workspace.policies_file import DEFAULT_SIGNALS
from firstline.workspace.problems import listed
from firstline.workspace.record_fields import FieldPaths, slots_of

State = Literal["ok", "degraded", "missing"]
FEW_EXAMPLES = 5
OLD = timedelta(days=365)
_FRONT_MATTER = 16_000
_STRICTNESS: Mapping[SignalPolicy, int] = {"note": 0, "review": 1, "escalate": 2}
_SENDING = ("percent", "certified")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of `firstline doctor`."""

    name: str
    state: State
    detail: str
    fix: str = ""
    """Empty when there is nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    id: str
    updated: date | None


def examine(workspace: Workspace, *, today: date | None = None) -> tuple[Check, ...]:
    """Return what deserves attention in a workspace that loads.

    Args:
        workspace: A loaded workspace; its knowledge and customers are read again.
        today: The day by which documents are old; the machine's otherwise.
    """
    documents = tuple(_documents(workspace.folder / workspace.settings.knowledge))
    return (
        _examples(workspace),
        _shared_examples(workspace),
        _articles(workspace, documents),
        _ages(documents, today or datetime.now(UTC).date()),
        _placeholders(workspace),
        _autonomy(workspace),
        _customers(workspace),
        _policies(workspace),
        _voice(workspace.voice),
    )


def _examples(workspace: Workspace) -> Check:
    learnt = [spec for spec in workspace.intents if spec.handler != "rule" or spec.examples]
    few = [f"{spec.name} ({len(spec.examples)})" for spec in learnt if _has_few(spec.examples)]
    if few:
        return Check(
            name="examples",
            state="degraded",
            detail=f"fewer than {FEW_EXAMPLES} examples: {listed(few)}",
            fix="Add messages as customers word them; fifteen varied ones do well.",
        )
    total = sum(len(spec.examples) for spec in workspace.intents)
    detail = f"{total} examples of {len(workspace.intents)} intents"
    return Check(name="examples", state="ok", detail=detail)


def _has_few(examples: tuple[str, ...]) -> bool:
    return len(examples) < FEW_EXAMPLES


def _shared_examples(workspace: Workspace) -> Check:
    owner: dict[str, Intent] = {}
    pairs: dict[str, int] = {}
    for spec in workspace.intents:
        for example in spec.examples:
            first = owner.setdefault(" ".join(example.casefold().split()), spec.name)
            if first != spec.name:
                pair = f"{first} and {spec.name}"
                pairs[pair] = pairs.get(pair, 0) + 1
    if not pairs:
        return Check(name="distinct intents", state="ok", detail="no example is in two intents")
    shared = [f"{pair} ({count})" for pair, count in sorted(pairs.items())]
    return Check(
        name="distinct intents",
        state="degraded",
        detail=f"the same examples stand in {listed(shared)}",
        fix="Keep each in the one intent that should answer it.",
    )


def _articles(workspace: Workspace, documents: tuple[_Document, ...]) -> Check:
    known = {document.id for document in documents}
    named = {article for spec in workspace.intents for article in spec.articles}
    absent = sorted(named - known)
    if not documents:
        return Check(
            name="articles",
            state="missing",
            detail=f"there are no documents in {workspace.settings.knowledge}",
            fix="Add articles; until then everything goes to people.",
        )
    if absent:
        return Check(
            name="articles",
            state="degraded",
            detail=f"intents name documents that do not exist: {listed(absent)}",
            fix="Correct `articles` in intents.yaml; those intents cannot be answered.",
        )
    detail = f"{len(documents)} documents, {len(named)} named by intents"
    return Check(name="articles", state="ok", detail=detail)


def _ages(documents: tuple[_Document, ...], today: date) -> Check:
    old = [
        document.id
        for document in documents
        if document.updated is not None and today - document.updated > OLD
    ]
    if old:
        return Check(
            name="document age",
            state="degraded",
            detail=f"not updated for a year: {listed(sorted(old))}",
            fix="Review them and set `updated`, or name what superseded them.",
        )
    undated = sum(document.updated is None for document in documents)
    detail = f"none known to be old, {undated} of {len(documents)} without a date"
    return Check(name="document age", state="ok", detail=detail)


def _placeholders(workspace: Workspace) -> Check:
    template = starter()
    left = []
    for path in sorted((template / "knowledge").iterdir()):
        own = workspace.folder / "knowledge" / path.name
        if own.is_file() and own.read_bytes() == path.read_bytes():
            left.append(f"knowledge/{path.name}")
    if workspace.settings.company == STARTER_COMPANY:
        left.append("the company's name")
    catalogue = workspace.folder / "catalogue.yaml"
    same = (template / "catalogue.yaml").read_bytes()
    if catalogue.is_file() and catalogue.read_bytes() == same:
        left.append("catalogue.yaml")
    if not left:
        return Check(name="placeholders", state="ok", detail="nothing is left of the starter")
    return Check(
        name="placeholders",
        state="degraded",
        detail=f"still as the starter wrote it: {listed(left)}",
        fix="Put your own facts there: whatever stands in them can be quoted to customers.",
    )


def _autonomy(workspace: Workspace) -> Check:
    sending = [spec for spec in workspace.intents if spec.autonomy.level in _SENDING]
    rolled_out = [
        f"{spec.name} ({spec.autonomy})" for spec in sending if spec.autonomy.level == "percent"
    ]
    if rolled_out:
        return Check(
            name="autonomy",
            state="degraded",
            detail=f"sent without a certificate, uncertified: {listed(rolled_out)}",
            fix="Certify them, or keep this as your recorded decision.",
        )
    if sending:
        names = listed(spec.name for spec in sending)
        return Check(
            name="autonomy",
            state="ok",
            detail=f"sent only while a certificate is valid, else reviewed: {names}",
        )
    return Check(name="autonomy", state="ok", detail="nothing is sent without a person")


def _customers(workspace: Workspace) -> Check:
    settings = workspace.settings
    if settings.customer_source:
        detail = f"asked of the source {settings.customer_source} for each ticket"
        return Check(name="customers", state="ok", detail=detail)
    if settings.customers is None:
        return Check(
            name="customers",
            state="ok",
            detail="no customer records; nothing is said about anybody's account",
        )
    fields = FieldPaths()
    try:
        path = workspace.folder / settings.customers
        index = build_index(path, settings.customer_key, each=fields.add)
    except InputError as error:
        detail = f"{error.place}: {error.problem}"
        return Check(name="customers", state="missing", detail=detail, fix=error.fix)
    if index.duplicates:
        pairs = [f"{earlier} and {later}" for earlier, later in index.duplicates]
        return Check(
            name="customers",
            state="degraded",
            detail=f"records share an id, at lines {listed(pairs)}",
            fix="Keep one of each; until then those customers' tickets go to a person.",
        )
    for source in settings.sources:
        fields.open(source.name)
    return _needed_fields(workspace, fields, len(index.keys))


def _needed_fields(workspace: Workspace, fields: FieldPaths, count: int) -> Check:
    absent = {
        f"{need} ({spec.name})"
        for spec in workspace.intents
        for need in spec.needs
        if not fields.allows_need(need)
    }
    absent |= {
        f"{{{slot}}} ({spec.name})"
        for spec in workspace.intents
        for sentence in spec.answer
        for slot in slots_of(sentence)
        if not fields.allows_slot(slot)
    }
    if absent:
        return Check(
            name="customers",
            state="degraded",
            detail=f"fields that no record has: {listed(sorted(absent))}",
            fix="Correct `needs` and the slots in intents.yaml, or the customers file.",
        )
    return Check(name="customers", state="ok", detail=f"{count} records")


def _policies(workspace: Workspace) -> Check:
    signals = workspace.policies.signals
    unset = [signal for signal in DEFAULT_SIGNALS if signal not in signals]
    if unset:
        return Check(
            name="policies",
            state="missing",
            detail=f"no policy for {listed(unset)}",
            fix="Add them to policies.yaml.",
        )
    softer = [f"{signal} ({signals[signal]})" for signal in signals if _is_softer(signals, signal)]
    if softer:
        return Check(
            name="policies",
            state="degraded",
            detail=f"softer than the safe default: {listed(softer)}",
            fix="Keep this only as a decision somebody answers for.",
        )
    return Check(name="policies", state="ok", detail=f"all {len(signals)} signals have one")


def _is_softer(signals: Mapping[Signal, SignalPolicy], signal: Signal) -> bool:
    return _STRICTNESS[signals[signal]] < _STRICTNESS[DEFAULT_SIGNALS[signal]]


def _voice(voice: Voice) -> Check:
    if voice == Voice():
        return Check(name="voice", state="ok", detail="the lines that come with Firstline")
    return Check(name="voice", state="ok", detail="the company's own lines")


def _documents(knowledge: Path) -> Iterator[_Document]:
    """Yield the id and date of each document; files that cannot be read are the loader's."""
    if not knowledge.is_dir():
        yield from _documents_in_lines(knowledge)
        return
    for path in sorted(knowledge.rglob("*")):
        relative = path.relative_to(knowledge)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or path.suffix.casefold() not in SUFFIXES or not path.is_file():
            continue
        yield _document(_front_matter(path), relative.with_suffix("").as_posix())


def _documents_in_lines(path: Path) -> Iterator[_Document]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    value = json.loads(line) if line.strip() else None
                except (ValueError, RecursionError):
                    continue
                if isinstance(value, dict):
                    yield _document(value, str(number))
    except OSError:
        return


def _front_matter(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as stream:
            head = stream.read(_FRONT_MATTER).decode("utf-8-sig", errors="replace")
    except OSError:
        return {}
    head = head.replace("\r\n", "\n")
    end = head.find("\n---", 3)
    if not head.startswith("---\n") or end < 0:
        return {}
    try:
        fields = yaml.safe_load(head[4:end])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _document(fields: Mapping[str, Any], default: str) -> _Document:
    written = fields.get("updated")
    updated: date | None = None
    if isinstance(written, datetime):
        updated = written.date()
    elif isinstance(written, date):
        updated = written
    elif isinstance(written, str):
        updated = _date(written)
    return _Document(id=str(fields.get("id") or default), updated=updated)


def _date(written: str) -> date | None:
    try:
        return datetime.fromisoformat(written.strip()).date()
    except ValueError:
        return None
