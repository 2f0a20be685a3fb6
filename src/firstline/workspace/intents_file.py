"""Reads intents.yaml and the files of examples it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import get_args

from firstline.records import Handler, Intent, Risk, Urgency
from firstline.workspace.examples_file import EXAMPLES_BYTES, examples_in
from firstline.workspace.models import Autonomy, IntentSpec, Lane
from firstline.workspace.nodes import Fields, Node, Sheet
from firstline.workspace.problems import Problems, listed, nearest, shown, suggestion
from firstline.workspace.prompts_file import FOLDER, GUIDES, PromptFiles, default_prompts
from firstline.workspace.record_fields import FieldPaths, covers, has_broken_slot, slots_of
from firstline.workspace.settings_file import autonomy_of
from firstline.workspace.text_files import exists, read_bytes

KEYS = (
    "description",
    "risk",
    "urgency",
    "handler",
    "autonomy",
    "clarify",
    "answer",
    "needs",
    "guide",
    "lane",
    "articles",
    "examples",
    "examples_file",
)
RISKS: tuple[Risk, ...] = get_args(Risk)
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
HANDLERS: tuple[Handler, ...] = get_args(Handler)
LANES: tuple[Lane, ...] = get_args(Lane)
_DEFAULTS = IntentSpec(name=Intent(""))
_MAXIMUM_NAME = 100
_LEARNT: frozenset[Handler] = frozenset({"quote", "record", "model"})
"""Handlers whose intents can only be recognised from examples."""


@dataclass(slots=True, kw_only=True)
class IntentsReader:
    """What reading the intents needs to know of the rest of the folder."""

    folder: Path
    problems: Problems
    autonomy: Autonomy
    """The level of intents that say nothing."""
    has_customers: bool
    fields: FieldPaths | None
    """The fields customers have, when that could be found out."""
    prompts: PromptFiles = field(default_factory=default_prompts)
    """What an intent's `guide` may name."""

    def read(self, root: Node, sheet: Sheet) -> tuple[tuple[IntentSpec, ...], dict[str, bytes]]:
        """Return the intents, and the content of the example files by name."""
        top = Fields(root, sheet, owner="intents.yaml", known=("intents",))
        intents = top.node("intents")
        if intents is None or intents.kind != "table" or not intents.table:
            sheet.note(
                intents.line if intents else None,
                "No intents are defined",
                "Write `intents:` and below it one entry for each thing customers ask; "
                "`firstline init` makes a folder to start from.",
            )
            return (), {}
        self._refuse_lookalikes(intents, sheet)
        files: dict[str, bytes] = {}
        specs = tuple(
            self._intent(name, node, sheet, files) for name, node in intents.table.items()
        )
        return specs, files

    def _refuse_lookalikes(self, intents: Node, sheet: Sheet) -> None:
        seen: dict[str, str] = {}
        for name, node in intents.table.items():
            if not name.strip() or len(name) > _MAXIMUM_NAME:
                sheet.note(
                    node.line,
                    f"The name {shown(name)} is empty or longer than {_MAXIMUM_NAME} characters",
                    "Give the intent a short name such as export_data.",
                )
            first = seen.setdefault(name.casefold(), name)
            if first != name:
                sheet.note(
                    node.line,
                    f"Intent {shown(name)} differs from {shown(first)} by capitals only",
                    "Merge the two or rename one.",
                )

    def _intent(self, name: str, node: Node, sheet: Sheet, files: dict[str, bytes]) -> IntentSpec:
        fields = Fields(node, sheet, owner=f"intent {shown(name)}", known=KEYS)
        handler = fields.choice("handler", HANDLERS, _DEFAULTS.handler)
        noted = len(self.problems)
        examples = (*fields.texts("examples"), *self._filed_examples(fields, name, files))
        if not examples and handler in _LEARNT and len(self.problems) == noted:
            sheet.note(
                node.line,
                f"Intent {shown(name)} has no examples, so it can never be recognised",
                "Write five or more messages below `examples:`, as customers word them.",
            )
        needs = fields.texts("needs")
        answer = self._answer(fields, name, handler, needs)
        return IntentSpec(
            name=Intent(name),
            description=fields.text("description"),
            risk=fields.choice("risk", RISKS, _DEFAULTS.risk),
            urgency=fields.choice("urgency", URGENCIES, _DEFAULTS.urgency),
            handler=handler,
            autonomy=autonomy_of(fields, self.autonomy),
            clarify=fields.text("clarify") or None,
            answer=answer,
            needs=needs,
            guide=self._guide(fields),
            lane=fields.choice("lane", LANES, _DEFAULTS.lane),
            articles=fields.texts("articles"),
            examples=tuple(dict.fromkeys(examples)),
        )

    def _guide(self, fields: Fields) -> str:
        written = fields.text("guide")
        if written and written not in self.prompts.guides:
            fields.sheet.note(
                fields.line_of("guide"),
                f"There is no guide {shown(written)}",
                suggestion(
                    written,
                    self.prompts.guides,
                    f"Write {FOLDER}/{GUIDES}/{written}.md, or use one of "
                    f"{listed(self.prompts.guides)}.",
                ),
            )
        return written

    def _filed_examples(self, fields: Fields, name: str, files: dict[str, bytes]) -> Iterator[str]:
        written = fields.text("examples_file")
        if not written:
            return
        inside = PurePosixPath(written)
        line = fields.line_of("examples_file")
        if inside.is_absolute() or ".." in inside.parts:
            fields.sheet.note(
                line,
                f"`examples_file` of {fields.owner} leads out of the folder",
                "Keep the file inside the folder, such as examples/refund.txt.",
            )
            return
        path = self.folder / inside
        if not exists(path, self.problems):
            fields.sheet.note(
                line,
                f"There is no file {shown(written)}",
                "Create it with one example a line, or correct the name.",
            )
            return
        if written not in files:
            files[written] = read_bytes(path, self.problems, maximum=EXAMPLES_BYTES) or b""
        yield from examples_in(files[written], Sheet(path, self.problems), Intent(name))

    def _answer(
        self, fields: Fields, name: str, handler: Handler, needs: tuple[str, ...]
    ) -> tuple[str, ...]:
        lines = fields.lines("answer")
        if not lines and handler in {"rule", "record"} and "answer" not in fields:
            fields.sheet.note(
                fields.line,
                f"Intent {shown(name)} has handler {handler} but no answer",
                "Write the sentences of the reply below `answer:`, or choose handler quote.",
            )
        for line, sentence in lines:
            self._check_slots(fields.sheet, line, sentence, needs)
        if handler == "record" and not self.has_customers:
            fields.sheet.note(
                fields.line_of("handler"),
                f"Intent {shown(name)} reads customer records, but there are none",
                "Name a file below [customers] in firstline.toml, or choose another handler.",
            )
        return tuple(sentence for _, sentence in lines)

    def _check_slots(self, sheet: Sheet, line: int, sentence: str, needs: tuple[str, ...]) -> None:
        if has_broken_slot(sentence):
            sheet.note(
                line,
                "A slot of the answer is not written {field}",
                "Pair each { with a } around a field path, without blanks.",
            )
            return
        for slot in slots_of(sentence):
            if self.fields is not None and not self.fields.allows_slot(slot):
                sheet.note(
                    line,
                    f"No customer record has the field {shown(slot)}",
                    _field_advice(slot, self.fields),
                )
            elif not any(covers(need, slot) for need in needs):
                sheet.note(
                    line,
                    f"The answer uses {shown(slot)}, which `needs` does not list",
                    f"Add {slot.split('.')[0].split('[')[0]} to `needs`.",
                )
            elif not self.has_customers:
                sheet.note(
                    line,
                    f"The answer uses {shown(slot)}, but there are no customer records",
                    "Name a file below [customers] in firstline.toml.",
                )


def _field_advice(slot: str, fields: FieldPaths) -> str:
    meant = nearest(slot, fields)
    return f"Did you mean {{{meant}}}?" if meant else "Use a field path of the customers file."
