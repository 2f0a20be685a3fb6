"""`firstline connect`: set up a helpdesk, mailbox or webhook, try it, and say what comes next."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.connect_kinds import DEFAULT_NAME, OPTIONS, SECRETS, STEPS
from firstline.cli.options import HERE, Folder
from firstline.cli.show import flat, out

if TYPE_CHECKING:
    from firstline.cli.connect_secrets import Held
    from firstline.cli.connect_trial import Trial
    from firstline.workspace.channel_settings import ChannelKind, ChannelSetting

SOMEWHERE = "https://<your host>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How it is to be done."""

    workspace: Path
    secrets: Path
    export: bool
    """Keep no secrets, and say what to export instead."""
    public_url: str
    untested: bool


def register(app: typer.Typer) -> None:
    """Add the command."""
    free = {"allow_extra_args": True, "ignore_unknown_options": True}

    @app.command(context_settings=free, epilog=OPTIONS)
    def connect(
        context: typer.Context,
        what: Annotated[
            str,
            typer.Argument(
                metavar="KIND",
                help="zendesk, intercom, freshdesk, chatwoot, email or webhook; with --check "
                "a channel.",
            ),
        ] = "",
        *,
        workspace: Folder = HERE,
        check: Annotated[
            bool, typer.Option("--check", help="Try the channels that are there, or the named one.")
        ] = False,
        secrets: Annotated[
            Path | None,
            typer.Option(help="Where to keep secrets; else in a folder of ~/.config/firstline."),
        ] = None,
        export: Annotated[
            bool, typer.Option("--export", help="Keep no secrets: print what to export.")
        ] = False,
        public_url: Annotated[
            str,
            typer.Option(
                help="Where helpdesks reach the server; the trial webhook goes there too.",
                envvar="FIRSTLINE_PUBLIC_URL",
            ),
        ] = "",
        untested: Annotated[
            bool, typer.Option("--no-check", help="Write it down without trying it.")
        ] = False,
    ) -> None:
        """Connect a helpdesk, a mailbox or a system of your own; or change a connection.

        Exit 1 when something that was tried is not well. With a channel that is there already, only
        what is given changes.
        """
        from firstline.cli.connect_secrets import check_folder, default_folder
        from firstline.cli.connect_trial import check_public_url
        from firstline.workspace import load

        if check:
            _check(workspace, what)
            return
        folder = load(workspace).folder
        kept = secrets or (Path() if export else default_folder(folder))
        if not export:
            check_folder(kept, folder)
        if public_url:
            check_public_url(public_url)
        wishes = Wishes(
            workspace=folder,
            secrets=kept,
            export=export,
            public_url=public_url,
            untested=untested,
        )
        if not _connect(what, context.args, wishes):
            raise typer.Exit(1)


def _connect(word: str, words: list[str], wishes: Wishes) -> bool:
    """Do the whole of it; return whether everything that was tried is well."""
    from firstline.cli.connect_answers import a_kind, asked, options
    from firstline.cli.connect_secrets import hold
    from firstline.workspace.channel_settings import FILE
    from firstline.workspace.channel_writing import (
        channel_in,
        kind_in,
        with_channel,
        write_channels_file,
    )

    kind = a_kind(word)
    given = options(words, kind)
    ask = _ask if interactive() else None
    if "name" not in given and ask is not None:
        given["name"] = ask("Name of the channel, also the end of its webhook's address", "support")
    name = str(given.pop("name", DEFAULT_NAME))
    path = wishes.workspace / FILE
    before = path.read_text("utf-8") if path.exists() else ""
    is_new = not kind_in(before, name, kind)
    values = given
    if is_new:
        _steps(kind, name, wishes)
        values = {"mode": "shadow", **asked(kind, given, ask)}
    text = with_channel(before, name, kind, values)
    setting = channel_in(text, wishes.workspace, name)
    folder = None if wishes.export else wishes.secrets
    held = hold(setting, SECRETS[kind], folder, _ask_unseen if ask else None)
    environment = {**os.environ, **held.all}
    if not wishes.untested:
        trial = _credentials(setting, environment)
        if not trial.good:
            out.print("Nothing was written.")
            return False
    changed = text != before
    write_channels_file(wishes.workspace, text, name)
    out.print(flat(f"{path}: {name} is {'written' if changed else 'as it was'}"), markup=False)
    exports = _keep(held, wishes)
    _paste(kind, held, wishes)
    well = wishes.untested or _hook(setting, held, wishes)
    _next(setting, wishes, exports)
    return well


def _steps(kind: ChannelKind, name: str, wishes: Wishes) -> None:
    from firstline.cli.connect_trial import hook_address

    hook = hook_address(wishes.public_url or SOMEWHERE, name)
    out.print(f"To be done for {kind} (docs/{kind}.md has more):")
    for number, step in enumerate(STEPS[kind], 1):
        said = step.replace("{hook}", hook)
        said = said.replace("{webhook_secret}", "<its secret, see below>")
        said = said.replace("{outgoing_secret}", "<the other secret, see below>")
        out.print(flat(f"  {number}. {said}"), markup=False)
    out.print()


def _credentials(setting: ChannelSetting, environment: Mapping[str, str]) -> Trial:
    from firstline.cli.connect_trial import try_credentials

    trial = try_credentials(setting, environment)
    _say(trial, "the credentials are good: " if trial.good else "the credentials are not good: ")
    return trial


def _keep(held: Held, wishes: Wishes) -> Path | None:
    """Keep the secrets; return the file that sets the environment, if one is to be read.

    None is, where they are kept in the folder that Firstline looks into itself.
    """
    from firstline.cli.connect_secrets import EXPORTS, keep
    from firstline.workspace.secret_folder import secrets_folder

    if wishes.export:
        out.print("Secrets are kept nowhere. Set them where Firstline runs:")
        for variable in held.asked:
            out.print(flat(f"  export {variable}='…'   # as you typed it"), markup=False)
        for variable, value in held.made.items():
            out.print(f"  export {variable}={shlex.quote(value)}", markup=False)
        return None
    exports = wishes.secrets / EXPORTS
    if held.new:
        exports = keep(wishes.secrets, held.new)
        for variable in held.new:
            out.print(flat(f"kept in {wishes.secrets / variable}, for you alone"), markup=False)
    is_found = wishes.secrets == secrets_folder(wishes.workspace)
    return exports if exports.is_file() and not is_found else None


def _paste(kind: ChannelKind, held: Held, wishes: Wishes) -> None:
    """Say where the secrets are that somebody else needs to be told."""
    if wishes.export:
        return
    for one in SECRETS[kind]:
        if not one.making or one.what == "key":
            continue
        for variable in held.all:
            if variable.endswith(f"_{one.what.upper()}") and (wishes.secrets / variable).is_file():
                path = wishes.secrets / variable
                out.print(flat(f"{one.says}: cat {shlex.quote(str(path))}"), markup=False)


def _hook(setting: ChannelSetting, held: Held, wishes: Wishes) -> bool:
    from firstline.cli.connect_trial import try_hook

    environment = {**os.environ, **held.all}
    tried = try_hook(wishes.workspace, setting, environment, wishes.public_url)
    for one in tried:
        _say(one, f"{one.what}: ")
    if not tried and setting.kind != "email":
        out.print("No secret of its webhook yet: changes are found by polling, some 30 s later.")
        again = f"firstline connect {setting.kind} --name {setting.name}"
        out.print(f"When you have it, say {again} again.", markup=False)
    return all(one.good for one in tried)


def _next(setting: ChannelSetting, wishes: Wishes, exports: Path | None) -> None:
    where = "" if wishes.workspace.resolve() == Path.cwd() else f" -w {wishes.workspace}"
    public = wishes.public_url or SOMEWHERE
    name = setting.name
    lines = ["", "What comes next:"]
    if exports is not None:
        lines.append(f"  . {shlex.quote(str(exports))}")
    lines.append(f"  firstline serve{where} --public-url {public}")
    if setting.mode == "shadow":
        lines += [
            "In shadow mode Firstline leaves notes for your team; customers see nothing. Compare",
            "them with what your people answer. When you trust what you see:",
            f"  firstline connect {setting.kind}{where} --name {name} --mode live",
            "Live, an answer goes out only where its intent may: firstline autonomy shows which.",
        ]
    else:
        lines += [
            "It is live: what an intent's autonomy lets out goes to customers. To go back:",
            f"  firstline connect {setting.kind}{where} --name {name} --mode shadow",
        ]
    lines.append(f"firstline channels{where} shows how it stands.")
    out.print(flat("\n".join(lines)), markup=False)


def _check(folder: Path, name: str) -> None:
    """Try the channels that are there. Exit 1 when one is not well."""
    from firstline.cli.connect_trial import Trial, try_credentials
    from firstline.errors import FirstlineError, InputError
    from firstline.workspace import load
    from firstline.workspace.channel_settings import FILE, read_channels
    from firstline.workspace.problems import Problems, listed, shown
    from firstline.workspace.secret_folder import with_kept

    problems = Problems()
    settings = read_channels(load(folder).folder, problems)
    problems.raise_if_any()
    chosen = [one for one in settings if not name or one.name == name]
    if not chosen:
        there = listed([one.name for one in settings])
        fix = f"There is {there}" if there else "firstline connect zendesk, or another kind"
        raise InputError(f"{FILE} has no channel {shown(name)}" if name else "no channel", fix=fix)
    tried = []
    for setting in chosen:
        try:
            trial = try_credentials(setting, with_kept(os.environ, folder))
        except FirstlineError as error:
            trial = Trial(what=setting.name, good=False, detail=str(error))
        tried.append(trial)
        _say(trial, f"{setting.name} ({setting.kind}, {setting.mode}): ")
    if not all(one.good for one in tried):
        raise typer.Exit(1)


def interactive() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _ask(says: str, default: str) -> str:
    said: str = typer.prompt(says, default=default, show_default=bool(default))
    return said


def _ask_unseen(says: str) -> str:
    said: str = typer.prompt(says, default="", hide_input=True, show_default=False)
    return said.strip()


def _say(trial: Trial, before: str) -> None:
    style, word = ("green", "ok ") if trial.good else ("red", "no ")
    out.print(word, style=style, end=" ")
    out.print(flat(f"{before}{trial.detail}"), markup=False)
