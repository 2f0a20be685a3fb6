"""Changes one [[channel]] of channels.toml and leaves every other line of it as it is."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from firstline.errors import Place, SetupError, WorkspaceError, WorkspaceErrors
from firstline.workspace.channel_settings import FILE, ChannelSetting, read_channels
from firstline.workspace.problems import Problems, shown

Value = str | int | tuple[str, ...]
_TABLE: Final = "channel"
_BY_HAND: Final = "Edit it by hand: docs/channels.md shows an entry"


@dataclass(frozen=True, slots=True)
class _Statement:
    """A comment, an empty line, a table's head, or a key with its value; perhaps of many lines."""

    lines: tuple[str, ...]
    says: Mapping[str, Any]
    """Empty for comments and empty lines."""

    @property
    def is_head(self) -> bool:
        """Whether a channel begins here."""
        return self.says == {_TABLE: [{}]}


def with_channel(text: str, name: str, kind: str, values: Mapping[str, Value]) -> str:
    """Return channels.toml with a channel added, or with what is given of it changed.

    Args:
        text: The file as it is; empty when there is none.
        name: The channel's name.
        kind: Its kind.
        values: Its other keys. Keys of an entry that is there and are not named here stay.

    Raises:
        WorkspaceError: A channel of this name is of another kind, or the file is written in a way
            that cannot be changed line by line.
    """
    parts = _entries(list(_statements(text)))
    places = [at for at, part in enumerate(parts) if _says(part).get("name") == name]
    if not places:
        return _added(text, {"name": name, "kind": kind, **values})
    kind_in(text, name, kind)
    if len(places) > 1:
        raise WorkspaceError(f"{len(places)} channels are called {shown(name)}", fix=_BY_HAND)
    at = places[0]
    parts[at] = _changed(parts[at], values)
    changed = "\n".join(line for part in parts for item in part for line in item.lines) + "\n"
    _check_kept(text, changed, name)
    return changed


def kind_in(text: str, name: str, kind: str) -> bool:
    """Return whether a channel is there already.

    Raises:
        WorkspaceError: It is, but of another kind.
    """
    said = next(
        (
            says
            for says in map(_says, _entries(list(_statements(text))))
            if says.get("name") == name
        ),
        None,
    )
    has = kind if said is None else str(said.get("kind"))
    if has != kind:
        raise WorkspaceError(
            f"the channel {shown(name)} is there already, of the kind {shown(has)}",
            place=Place(file=FILE),
            fix="Give the new one another name with --name",
        )
    return said is not None


def write_channels_file(folder: Path, text: str, name: str) -> ChannelSetting:
    """Replace channels.toml in one step, if it reads well; return the channel that was changed.

    Raises:
        WorkspaceErrors: Something in it is wrong; the file stays as it was.
        SetupError: It cannot be written.
    """
    setting = channel_in(text, folder, name)
    path = folder / FILE
    try:
        number, beside = tempfile.mkstemp(dir=folder, prefix=f".{FILE}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            Path(beside).chmod(mode)
            Path(beside).replace(path)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SetupError(
            f"the file cannot be written ({error.strerror})",
            place=Place(file=str(path)),
            fix="Check the permissions of the folder",
        ) from error
    return setting


def channel_in(text: str, folder: Path, name: str) -> ChannelSetting:
    """Return a channel as a text of channels.toml says it.

    Raises:
        WorkspaceErrors: Something in the text is wrong; all of it is named, as of `folder`.
    """
    with tempfile.TemporaryDirectory() as beside:
        trial = Path(beside) / FILE
        trial.write_text(text, "utf-8")
        problems = Problems()
        found = read_channels(trial.parent, problems)
        try:
            problems.raise_if_any()
        except WorkspaceErrors as wrong:
            raise WorkspaceErrors(
                tuple(
                    WorkspaceError(
                        error.problem,
                        place=Place(file=str(folder / FILE), line=error.place.line),
                        fix=error.fix,
                    )
                    for error in wrong.errors
                )
            ) from None
    return next(setting for setting in found if setting.name == name)


def _statements(text: str) -> Iterator[_Statement]:
    """Yield what a file is made of. A value goes on until its brackets and quotes are closed."""
    waiting = list[str]()
    for line in text.removesuffix("\n").split("\n") if text else ():
        waiting.append(line)
        says = _parsed("\n".join(waiting))
        if says is not None:
            yield _Statement(tuple(waiting), says)
            waiting = []
    if waiting:
        raise WorkspaceError("the file is no TOML", place=Place(file=FILE), fix=_BY_HAND)


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads(text + "\n")
    except (ValueError, RecursionError):
        return None


def _entries(statements: Sequence[_Statement]) -> list[list[_Statement]]:
    """Part statements where channels begin; first comes whatever stands before them."""
    parts: list[list[_Statement]] = [[]]
    for item in statements:
        if item.is_head:
            parts.append([item])
            continue
        if item.says and len(parts) == 1:
            raise WorkspaceError(
                "the channels are not written below lines [[channel]]",
                place=Place(file=FILE),
                fix=_BY_HAND,
            )
        parts[-1].append(item)
    return parts


def _says(part: Sequence[_Statement]) -> Mapping[str, Any]:
    return {key: value for item in part if not item.is_head for key, value in item.says.items()}


def _changed(part: Sequence[_Statement], values: Mapping[str, Value]) -> list[_Statement]:
    """Return an entry with values set: in their own lines, or in new ones after the last key."""
    left = dict(values)
    found: list[_Statement] = []
    last = 0
    for item in part:
        key = next(iter(item.says), "")
        wanted = left.pop(key, None) if not item.is_head else None
        kept = item
        if wanted is not None and item.says[key] != _plain(wanted):
            line = f"{key} = {toml_value(wanted)}{_comment(item)}"
            kept = replace(item, lines=(line,))
        found.append(kept)
        if item.says:
            last = len(found)
    new = [_Statement((f"{key} = {toml_value(value)}",), {}) for key, value in left.items()]
    return [*found[:last], *new, *found[last:]]


def _comment(item: _Statement) -> str:
    """Return the comment that ends a line, with what stands before it; empty if there is none."""
    line = item.lines[-1]
    for at, char in enumerate(line):
        before = "\n".join((*item.lines[:-1], line[:at]))
        if char == "#" and _parsed(before) == item.says:
            return line[len(line[:at].rstrip()) :]
    return ""


def _added(text: str, values: Mapping[str, Value]) -> str:
    lines = ["[[channel]]", *(f"{key} = {toml_value(value)}" for key, value in values.items())]
    before = text.rstrip("\n")
    return (f"{before}\n\n" if before else "") + "\n".join(lines) + "\n"


def _check_kept(before: str, after: str, name: str) -> None:
    """Raise unless the other channels say what they said."""

    def others(text: str) -> list[Any]:
        found = tomllib.loads(text).get(_TABLE, [])
        return [one for one in found if one.get("name") != name]

    if others(before) != others(after):
        raise WorkspaceError("another channel would change too", fix=_BY_HAND)


def toml_value(value: Value) -> str:
    """Return a value as TOML writes it. What JSON escapes in a text, TOML escapes alike."""
    if isinstance(value, tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value
