"""The secrets of a channel: found, made, asked for unseen, and kept in files nobody else reads."""

from __future__ import annotations

import os
import secrets as randomness
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from firstline.errors import InputError, Place, SetupError

if TYPE_CHECKING:
    from firstline.cli.connect_kinds import Secret
    from firstline.workspace.channel_settings import ChannelSetting

EXPORTS: Final = "env.sh"
Ask = Callable[[str], str]
"""Asks a person for a secret, unseen; empty when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The secrets of a channel by their variables."""

    found: Mapping[str, str] = field(default_factory=dict, repr=False)
    """In the environment or in the folder already."""
    asked: Mapping[str, str] = field(default_factory=dict, repr=False)
    made: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def all(self) -> dict[str, str]:
        """Every one."""
        return {**self.found, **self.asked, **self.made}

    @property
    def new(self) -> dict[str, str]:
        """Those that nobody keeps yet."""
        return {**self.asked, **self.made}


def default_folder(workspace: Path) -> Path:
    """Return where a company's secrets are kept, unless something else is said.

    Raises:
        InputError: This user has no home.
    """
    from firstline.workspace.secret_folder import secrets_folder

    folder = secrets_folder(workspace)
    if folder is None:
        raise InputError(
            "there is no home folder to keep secrets in",
            fix="Name a folder with --secrets, or keep none with --export",
        )
    return folder


def check_folder(folder: Path, workspace: Path) -> None:
    """Raise InputError if secrets would lie in the company's folder, which is shared."""
    if folder.resolve().is_relative_to(workspace.resolve()):
        raise InputError(
            "secrets do not belong into the company's folder",
            place=Place(file=str(folder)),
            fix="Name another folder with --secrets",
        )


def hold(
    setting: ChannelSetting, wanted: Sequence[Secret], folder: Path | None, ask: Ask | None
) -> Held:
    """Return a channel's secrets: those that are there, made if they are ours, else asked for.

    Args:
        setting: The channel.
        wanted: What it needs.
        folder: Where secrets are kept; None: nowhere.
        ask: None: nobody can be asked.

    Raises:
        InputError: One is needed, is nowhere, and nobody can be asked.
    """
    from firstline.workspace.channel_settings import secret_of, variable_of

    found: dict[str, str] = {}
    asked: dict[str, str] = {}
    made: dict[str, str] = {}
    for one in wanted:
        variable = variable_of(setting.name, one.what)
        if not _is_wanted(one, setting):
            continue
        there = secret_of(setting.name, one.what, os.environ) or _kept(folder, variable)
        if there:
            found[variable] = there
        elif one.making:
            made[variable] = _made(one)
        elif ask is not None and (said := ask(one.says if one.needed else f"{one.says} (if any)")):
            asked[variable] = said
        elif one.needed:
            raise InputError(
                f"{one.says} of {setting.name} is missing",
                fix=f"Set {variable}, or {variable}_FILE to the path of a file that holds it",
            )
    return Held(found=found, asked=asked, made=made)


def _is_wanted(one: Secret, setting: ChannelSetting) -> bool:
    if one.without and setting.texts.get(one.without):
        return False
    return not one.only_with or bool(setting.texts.get(one.only_with))


def keep(folder: Path, new: Mapping[str, str]) -> Path:
    """Write secrets into files of their own, for nobody else; return what sets the environment.

    Raises:
        SetupError: The folder cannot be written.
    """
    from firstline.workspace.secret_folder import PREFIX

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for variable, value in new.items():
            _write(folder / variable, value + "\n")
        names = sorted(path for path in folder.iterdir() if path.name.startswith(PREFIX))
        lines = [f"export {path.name}_FILE={shlex.quote(str(path.resolve()))}" for path in names]
        _write(folder / EXPORTS, "\n".join(lines) + "\n")
    except OSError as error:
        raise SetupError(
            f"secrets cannot be kept there ({error.strerror})",
            place=Place(file=str(folder)),
            fix="Name another folder with --secrets",
        ) from error
    return folder / EXPORTS


def _write(path: Path, text: str) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)  # It may have been there with another mode.
        file.write(text)


def _kept(folder: Path | None, variable: str) -> str:
    """Return what an earlier run kept; empty when there is nothing."""
    if folder is None or not (folder / variable).is_file():
        return ""
    try:
        return (folder / variable).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise SetupError(
            "the secret cannot be read",
            place=Place(file=str(folder / variable)),
            fix="Check its permissions",
        ) from error


def _made(secret: Secret) -> str:
    if secret.making == "hex":
        return randomness.token_hex(32)
    from firstline.channels.standard_webhooks import new_secret

    return new_secret()
