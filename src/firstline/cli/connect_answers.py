"""What a channel is to be: taken from options, or asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from firstline.cli.connect_kinds import COMMON, QUESTIONS
from firstline.errors import InputError

if TYPE_CHECKING:
    from firstline.workspace.channel_settings import ChannelKind
    from firstline.workspace.channel_writing import Value

Ask = Callable[[str, str], str]
"""Asks a person a question with what Enter means; empty: it may stay empty."""
_SECRETS = ("token", "password", "key", "secret")
_NUMBERS = ("poll_seconds", "imap_port", "smtp_port")
_LISTS = ("tags", "own_addresses", "staff", "mailboxes", "searched", "authservs")


def a_kind(word: str) -> ChannelKind:
    """Return a kind of channel.

    Raises:
        InputError: It is none.
    """
    from firstline.workspace.channel_settings import KINDS
    from firstline.workspace.problems import listed, shown

    for kind in KINDS:
        if kind == word:
            return kind
    said = f"{shown(word)} is no kind of channel" if word else "no kind of channel is named"
    raise InputError(said, fix=f"Say firstline connect and one of {listed(KINDS)}")


def options(words: Sequence[str], kind: ChannelKind) -> dict[str, Value]:
    """Read `--key value` and `--key=value` for the keys of a kind.

    Raises:
        InputError: An option is none of this kind, has no value, or would show a secret.
    """
    from firstline.workspace.channel_settings import OF_KIND
    from firstline.workspace.problems import listed, shown

    known = (*COMMON, *OF_KIND[kind])
    found: dict[str, Value] = {}
    left = list(words)
    while left:
        name, equals, value = left.pop(0).partition("=")
        key = name.removeprefix("--").replace("-", "_")
        if key.endswith(_SECRETS) and key not in known:
            raise InputError(
                f"{name} is not taken: the shell would keep the secret in its history",
                fix="Leave it out to be asked for it, or set the environment variable",
            )
        if not name.startswith("--"):  # It is not repeated: it may be a secret.
            raise InputError("a word belongs to no option", fix="Say firstline connect --help")
        if key not in known:
            names = listed([f"--{one.replace('_', '-')}" for one in known], most=len(known))
            raise InputError(f"{shown(name)} is no option of {kind}", fix=f"There are {names}")
        if not equals:
            if not left or left[0].startswith("--"):
                raise InputError(f"{name} has no value", fix=f"Say {name} and its value")
            value = left.pop(0)
        if not value.strip():
            raise InputError(f"{name} has no value", fix="Remove its line from channels.toml")
        found[key] = _value(key, value)
    return found


def _value(key: str, text: str) -> Value:
    if key in _LISTS:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if key not in _NUMBERS:
        return text.strip()
    try:
        return int(text)
    except ValueError:
        raise InputError(
            f"--{key.replace('_', '-')} is no whole number", fix="Write digits"
        ) from None


def asked(kind: ChannelKind, given: Mapping[str, Value], ask: Ask | None) -> dict[str, Value]:
    """Return what is given, and what a person answered for the rest.

    Args:
        kind: The kind of channel.
        given: By options.
        ask: None: nobody can be asked.

    Raises:
        InputError: Something is needed, and nobody can be asked.
    """
    from firstline.workspace.channel_settings import REQUIRED
    from firstline.workspace.problems import listed

    values = dict(given)
    if ask is None:
        missing = [f"--{key.replace('_', '-')}" for key in REQUIRED[kind] if key not in values]
        if missing:
            raise InputError(f"{kind} needs {listed(missing)}", fix="Give each with its value")
        return values
    for one in QUESTIONS[kind]:
        if one.key in values:
            continue
        default = one.default
        if default.startswith("@"):
            default = str(values.get(default[1:], ""))
        said = ask(one.says, default).strip()
        while not said and one.key in REQUIRED[kind]:
            said = ask(one.says, default).strip()
        if said:
            values[one.key] = said
    return values
