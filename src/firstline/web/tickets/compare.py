"""Two runs of one ticket side by side: what differs is marked, stage by stage. Pure.

Facts are compared by their names, the entries of lists and tables by their keys, texts as wholes.
What differs from run to run anyway (times, costs) is shown and not marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from firstline.web.tickets.views import (
    Block,
    Cell,
    Facts,
    Item,
    Items,
    Mark,
    Row,
    StageView,
    Table,
    Words,
)

Keyed = TypeVar("Keyed", Item, Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A stage of two runs."""

    before: StageView
    after: StageView
    changes: tuple[str, ...]
    """What differs, a few words each."""

    @property
    def same(self) -> bool:
        """Whether nothing differs but times and costs."""
        return not self.changes


def compare(before: Sequence[StageView], after: Sequence[StageView]) -> tuple[Pair, ...]:
    """Return the stages that both runs have, in order, with their differences marked."""
    now = {stage.key: stage for stage in after}
    return tuple(_pair(stage, now[stage.key]) for stage in before if stage.key in now)


def _pair(before: StageView, after: StageView) -> Pair:
    olds: list[Block] = []
    news: list[Block] = []
    changes: list[str] = []
    titles = dict.fromkeys(_name(block) for block in (*before.blocks, *after.blocks))
    old_blocks = {_name(block): block for block in before.blocks}
    new_blocks = {_name(block): block for block in after.blocks}
    for title in titles:
        old, new = old_blocks.get(title), new_blocks.get(title)
        left, right = _marked(old, new, "gone"), _marked(new, old, "new")
        if left is not None:
            olds.append(left)
        if right is not None:
            news.append(right)
        changes.extend(_told(left, right))
    if before.idle != after.idle and not changes:
        changes.append("what it had nothing to do with")
    mark: Mark = "changed" if changes else ""
    return Pair(
        before=replace(before, blocks=tuple(olds), mark=mark),
        after=replace(after, blocks=tuple(news), mark=mark),
        changes=tuple(dict.fromkeys(changes)),
    )


def _name(block: Block) -> str:
    """Return what a block is compared by: a title without the count in it."""
    return f"{block.kind} {block.title.partition(' (')[0]}"


def _marked(block: Block | None, other: Block | None, alone: Mark) -> Block | None:
    """Return a block with what the other run's lacks or has differently marked."""
    match block:
        case None:
            return None
        case Facts():
            return _facts(block, other if isinstance(other, Facts) else Facts())
        case Items():
            theirs = other.items if isinstance(other, Items) else ()
            return replace(block, items=_entries(block.items, theirs, alone))
        case Table():
            if block.varies:
                return block
            theirs_rows = other.rows if isinstance(other, Table) else ()
            return replace(block, rows=_entries(block.rows, theirs_rows, alone))
        case Words():
            same = isinstance(other, Words) and other.text == block.text
            return block if same else replace(block, mark="changed")


def _facts(block: Facts, other: Facts) -> Facts:
    theirs = {item.label: item.cell for item in other.facts}
    marked = []
    for item in block.facts:
        there = theirs.get(item.label)
        if item.varies or (there is not None and _value(there) == _value(item.cell)):
            marked.append(item)
        else:
            was = "" if there is None else _plain(there)
            marked.append(replace(item, mark="changed", before=was))
    return replace(block, facts=tuple(marked))


def _entries(mine: tuple[Keyed, ...], theirs: tuple[Keyed, ...], alone: Mark) -> tuple[Keyed, ...]:
    known = {item.key: item for item in theirs}
    return tuple(
        replace(item, mark=alone)
        if item.key not in known
        else replace(item, mark="changed")
        if _content(item) != _content(known[item.key])
        else item
        for item in mine
    )


def _content(item: Item | Row) -> tuple[object, ...]:
    """Return what is compared of entries with one key: all but times."""
    match item:
        case Row():
            return tuple(_value(cell) for cell in item.cells)
        case Item():
            badges = tuple(_value(cell) for cell in item.badges)
            note = tuple(_value(cell) for cell in item.note if not isinstance(cell.value, datetime))
            return (badges, item.text, note, item.long, item.fields)


def _value(cell: Cell) -> object:
    """Return a value as it reads: shares are compared in tenths of a percent."""
    return round(cell.value, 3) if isinstance(cell.value, float) else cell.value


def _plain(cell: Cell) -> str:
    if isinstance(cell.value, float) and cell.look == "share":
        return f"{cell.value:.1%}"
    return "" if cell.value is None else str(cell.value)


def _told(left: Block | None, right: Block | None) -> Iterator[str]:
    for block in (right, left):
        match block:
            case Facts():
                yield from (item.label.lower() for item in block.facts if item.mark)
            case Items():
                if any(item.mark for item in block.items):
                    yield block.title.lower().partition(" (")[0]
            case Table():
                if any(row.mark for row in block.rows):
                    yield block.title.lower()
            case Words():
                if block.mark:
                    yield block.title.lower()
            case None:
                pass
