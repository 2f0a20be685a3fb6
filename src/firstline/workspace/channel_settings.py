"""Reads channels.toml: the helpdesks and mailboxes a company's tickets come from.

Secrets are not in the file. Each is in an environment variable named after the channel, in a file
that `<variable>_FILE` names, or in the folder that `firstline connect` keeps (secret_folder.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import re2

from firstline.errors import Place, SetupError
from firstline.workspace.nodes import Fields, Node, Sheet
from firstline.workspace.problems import Problems, listed, shown
from firstline.workspace.text_files import read_text
from firstline.workspace.toml_nodes import toml_tree

ChannelKind = Literal["zendesk", "intercom", "freshdesk", "chatwoot", "email", "webhook"]
Mode = Literal["shadow", "live"]
AfterReply = Literal["open", "pending", "solved"]
FILE = "channels.toml"
KINDS: tuple[ChannelKind, ...] = get_args(ChannelKind)
MODES: tuple[Mode, ...] = get_args(Mode)
AFTER: tuple[AfterReply, ...] = get_args(AfterReply)
_COMMON = ("name", "kind", "mode", "poll_seconds", "after_reply", "group", "tags")
_URL = "url"
OF_KIND: Mapping[ChannelKind, tuple[str, ...]] = {
    "zendesk": ("subdomain", "email", _URL),
    "intercom": ("admin_id", "region", _URL),
    "freshdesk": ("domain", "portal", _URL),
    "chatwoot": ("url", "account_id", "network"),
    "email": (
        "address",
        "sender_name",
        "user",
        "imap_host",
        "imap_port",
        "imap_security",
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "smtp_user",
        "token_url",
        "client_id",
        "scope",
        "authority",
        "own_addresses",
        "staff",
        "mailboxes",
        "searched",
        "sent",
        "keeps_sent",
        "plus_addresses",
        "authservs",
        "team",
    ),
    "webhook": ("url", "network", "receiver"),
}
"""Keys beside the common ones; `url` of the first three is for a local double."""
_NUMBERS: Mapping[str, tuple[int, int, int]] = {
    "imap_port": (993, 1, 65_535),
    "smtp_port": (465, 1, 65_535),
}
_LISTS = ("own_addresses", "staff", "mailboxes", "searched", "authservs")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "region": ("us", "eu", "au"),
    "portal": ("open", "login"),
    "imap_security": ("tls", "starttls", "none"),
    "smtp_security": ("tls", "starttls", "none"),
    "keeps_sent": ("no", "yes"),
    "plus_addresses": ("yes", "no"),
    "network": ("public", "private", "loopback"),
    "receiver": ("plain", "deduplicates"),
}
"""The first is what counts when nothing is said."""
REQUIRED: Mapping[ChannelKind, tuple[str, ...]] = {
    "zendesk": ("subdomain",),
    "intercom": ("admin_id",),
    "freshdesk": ("domain",),
    "chatwoot": ("url", "account_id"),
    "email": ("address", "imap_host", "smtp_host"),
    "webhook": (),
}
_MOST = 20
_NAME = re2.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSetting:
    """One of [[channel]]: a helpdesk account or mailbox, without its secrets."""

    name: str
    """Also the end of its webhook's address, and of its inbox's id."""
    kind: ChannelKind
    mode: Mode = "shadow"
    """`shadow`: notes for the team and nothing a customer sees."""
    poll_seconds: int = 30
    after_reply: AfterReply = "pending"
    group: str = ""
    """Who gets what a person is to answer."""
    tags: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What its kind needs, by key; every key is there."""
    numbers: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    line: int = 0
    """Where channels.toml says it."""


def read_channels(folder: Path, problems: Problems) -> tuple[ChannelSetting, ...]:
    """Return what channels.toml says; every mistake is noted and the channel left out."""
    path = folder / FILE
    if not path.exists():
        return ()
    text = read_text(path, problems)
    if text is None:
        return ()
    sheet = Sheet(path, problems)
    root = toml_tree(text, sheet, may_be_empty=True)
    if root is None:
        return ()
    node = Fields(root, sheet, owner=FILE, known=("channel",)).node("channel")
    if node is None:
        return ()
    if node.kind != "list" or any(entry.kind != "table" for entry in node.items):
        fix = "Write each below a line [[channel]]."
        sheet.note(node.line, "`channel` must be a list of tables", fix)
        return ()
    if len(node.items) > _MOST:
        sheet.note(node.line, f"There are more than {_MOST} [[channel]]", "Join some.")
    found: dict[str, ChannelSetting] = {}
    for at, entry in enumerate(node.items[:_MOST], 1):
        setting = _channel(entry, sheet, at)
        if setting is None:
            continue
        if setting.name in found:
            problem = f"[[channel]] number {at} is called {shown(setting.name)} again"
            sheet.note(entry.line, problem, "Give it another name.")
        found[setting.name] = setting
    return tuple(found.values())


def _channel(entry: Node, sheet: Sheet, at: int) -> ChannelSetting | None:
    owner = f"[[channel]] number {at}"
    written = entry.table.get("kind")
    kind = next((one for one in KINDS if written is not None and written.text == one), None)
    if kind is None:
        problem = f"`kind` of {owner} is missing or none of {listed(KINDS)}"
        sheet.note(entry.line, problem, f"Write one of {listed(KINDS)}.")
        return None
    fields = Fields(entry, sheet, owner=owner, known=(*_COMMON, *OF_KIND[kind]))
    name = fields.text("name")
    if not _NAME.fullmatch(name):
        fix = "Small letters, digits and hyphens, such as support; at most 40."
        sheet.note(fields.line_of("name"), f"`name` of {owner} is {shown(name)}", fix)
        return None
    for key in REQUIRED[kind]:
        if key not in fields:
            sheet.note(entry.line, f"{owner} has no `{key}`", f"Add it; {kind} needs it.")
    if ("client_id" in fields) != ("token_url" in fields):
        fix = "Write both, or neither to sign in with a password."
        sheet.note(entry.line, f"{owner} has one of `client_id` and `token_url`", fix)
    keys = OF_KIND[kind]
    plain = [key for key in keys if key not in (*_NUMBERS, *_LISTS, *_CHOICES)]
    texts = {key: fields.text(key) for key in plain}
    chosen = {key: _CHOICES[key] for key in keys if key in _CHOICES}
    texts |= {key: fields.choice(key, allowed, allowed[0]) for key, allowed in chosen.items()}
    return ChannelSetting(
        name=name,
        kind=kind,
        mode=fields.choice("mode", MODES, "shadow"),
        poll_seconds=fields.whole("poll_seconds", 30, 5, 3_600),
        after_reply=fields.choice("after_reply", AFTER, "pending"),
        group=fields.text("group"),
        tags=fields.texts("tags"),
        texts=texts,
        numbers={key: fields.whole(key, *_NUMBERS[key]) for key in keys if key in _NUMBERS},
        lists={key: fields.texts(key) for key in keys if key in _LISTS},
        line=entry.line,
    )


def variable_of(name: str, what: str) -> str:
    """Return the environment variable that holds a channel's secret: FIRSTLINE_SUPPORT_TOKEN."""
    return f"FIRSTLINE_{name.upper().replace('-', '_')}_{what.upper()}"


def secret_of(name: str, what: str, environment: Mapping[str, str]) -> str:
    """Return a channel's secret, or an empty text when it is nowhere.

    Raises:
        SetupError: `<variable>_FILE` names a file that cannot be read.
    """
    variable = variable_of(name, what)
    direct = environment.get(variable, "")
    if direct:
        return direct.strip()
    path = environment.get(f"{variable}_FILE", "")
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise SetupError(
            f"the file that {variable}_FILE names cannot be read",
            place=Place(file=path),
            fix="Check the path and its permissions",
        ) from error
