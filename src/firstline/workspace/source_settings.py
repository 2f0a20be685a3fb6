"""Reads [[sources]] of firstline.toml: where records of customers come from beside the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import re2

from firstline.workspace.models import (
    Access,
    Network,
    SourceKind,
    SourceMatch,
    SourceRows,
    SourceSetting,
)
from firstline.workspace.nodes import Fields, Node
from firstline.workspace.problems import listed, shown, suggestion

_COMMON = (
    "name",
    "kind",
    "access",
    "cached_seconds",
    "timeout_ms",
    "rows",
    "fields",
    "owner",
)
_OF_KIND: Mapping[SourceKind, tuple[str, ...]] = {
    "sql": ("url", "url_env", "query", "owners"),
    "http": ("url", "header", "secret_env", "at", "network"),
    "file": ("file", "key", "match"),
}
SOURCE_KEYS = tuple(dict.fromkeys((*_COMMON, *(key for keys in _OF_KIND.values() for key in keys))))
KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
ACCESSES: tuple[Access, ...] = get_args(Access)
ROWS: tuple[SourceRows, ...] = get_args(SourceRows)
MATCHES: tuple[SourceMatch, ...] = get_args(SourceMatch)
NETWORKS: tuple[Network, ...] = get_args(Network)
REFERENCE = "reference"
"""What the ticket says of who asks: an id or an e-mail address."""
OF_RECORD = ("id", "email")
"""What is known of a customer once their record was found."""
TOKEN = ("token", "digits")
_MOST = 20
_NAME = re2.compile(r"^[a-z][a-z0-9_]{0,39}$")
_TAKEN = ("name", "critical", "id", "email")
_VARIABLE = re2.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_PARAMETER = re2.compile(r"(?:^|[^:\w\\]):([A-Za-z_]\w*)")
_SLOT = re2.compile(r"\{([^{}]*)\}")
_SELECT = re2.compile(r"^(?i)(?:select|with)\b")
_DATABASE = re2.compile(r"^[a-z][a-z0-9_]*(?:\+[a-z0-9_]+)?:/")
_PASSWORD = re2.compile(r"^[^/]*//[^/@]*:[^/@]+@")
_SECRET_PARAMETER = re2.compile(
    r"(?i)[?&][a-z_-]*(?:password|passwd|pwd|secret|token|api[_-]?key)=[^&{]"
)
_ADDRESS = re2.compile(
    r"^(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:[/?].*)?$"
)
_HEADER = re2.compile(r"^[A-Za-z][A-Za-z0-9-]*: [ -~]*$")
_DEFAULTS = SourceSetting(name="", kind="sql")


def read_sources(root: Fields) -> tuple[SourceSetting, ...]:
    """Return what [[sources]] says; every mistake is noted and the source left out."""
    node = root.node("sources")
    if node is None:
        return ()
    if node.kind != "list" or any(entry.kind != "table" for entry in node.items):
        root.sheet.note(
            node.line, "`sources` must be a list of tables", "Write each below a line [[sources]]."
        )
        return ()
    if len(node.items) > _MOST:
        root.sheet.note(node.line, f"There are more than {_MOST} [[sources]]", "Join some.")
    found: dict[str, SourceSetting] = {}
    for at, entry in enumerate(node.items[:_MOST], 1):
        table = Fields(entry, root.sheet, owner=f"[[sources]] number {at}", known=SOURCE_KEYS)
        setting = _source(table, entry)
        if setting.name in found:
            table.sheet.note(
                table.line,
                f"{table.owner} is called {shown(setting.name)} again",
                "Give it another name.",
            )
        else:
            found[setting.name] = setting
    return tuple(found.values())


def customer_source(customers: Fields, sources: tuple[SourceSetting, ...]) -> str:
    """Return the source that says who customers are, and check what the others are asked by."""
    name = customers.text("source")
    named = next((one for one in sources if one.name == name), None)
    if name and "file" in customers:
        customers.sheet.note(
            customers.line_of("source"),
            "[customers] has a `file` and a `source`",
            "Keep one of them: it says who customers are.",
        )
    elif name and named is None:
        known = [one.name for one in sources]
        customers.sheet.note(
            customers.line_of("source"),
            f"There is no source {shown(name)}",
            suggestion(name, known, f"Sources: {listed(known)}." if known else "Add [[sources]]."),
        )
    elif named is not None and named.kind == "file":
        customers.sheet.note(
            customers.line_of("source"),
            f"The source {shown(name)} is a file",
            f'Write `file = "{named.file}"` instead of `source`.',
        )
    elif sources and not name and "file" not in customers:
        customers.sheet.note(
            sources[0].line,
            "Nothing says who the customers of [[sources]] are",
            'Add [customers] with `file = "customers.json"`, or with `source` and the name of one.',
        )
    for one in sources:
        _check_parameters(customers, one, (REFERENCE,) if one.name == name else OF_RECORD)
    return "" if named is None else name


def parameters_of(setting: SourceSetting) -> tuple[str, ...]:
    """Return what of a customer a source is asked by."""
    match setting.kind:
        case "sql":
            return tuple(dict.fromkeys(_PARAMETER.findall(setting.query)))
        case "http":
            return tuple(dict.fromkeys(_SLOT.findall(setting.url)))
        case "file":
            return (setting.match,)


def host_of(url: str) -> tuple[str, str]:
    """Return scheme and host of a URL, lower case; two empty texts when it is none."""
    found = _ADDRESS.match(url)
    return (found.group(1), found.group(2).casefold()) if found else ("", "")


def _check_parameters(customers: Fields, setting: SourceSetting, allowed: tuple[str, ...]) -> None:
    used = parameters_of(setting)
    if setting.kind == "file" or not (setting.query or setting.kind == "http"):
        return
    sign = ":{}" if setting.kind == "sql" else "{{{}}}"
    where = "query" if setting.kind == "sql" else "url"
    wanted = " or ".join(sign.format(one) for one in allowed)
    wrong = [one for one in used if one not in allowed]
    if wrong or not used:
        # Without a parameter everybody would get the same record: somebody else's.
        customers.sheet.note(
            setting.line,
            f"`{where}` of source {shown(setting.name)} "
            + (f"asks by {sign.format(wrong[0])}" if wrong else "does not say which customer"),
            f"Use {wanted}"
            + (" there." if allowed == OF_RECORD else ": it is the source of [customers]."),
        )


def _source(table: Fields, entry: Node) -> SourceSetting:
    kind = table.choice("kind", KINDS, "sql")
    if "kind" not in table:
        table.sheet.note(table.line, f"{table.owner} has no `kind`", f"Write {listed(KINDS)}.")
    known = (*_COMMON, *_OF_KIND[kind])
    for key, node in entry.table.items():
        if key in SOURCE_KEYS and key not in known:
            table.sheet.note(
                node.line,
                f"{table.owner} is of kind {kind}, which has no key {shown(key)}",
                f"Known keys: {listed(known, most=20)}.",
            )
    setting = SourceSetting(
        name=_name(table),
        kind=kind,
        access=table.choice("access", ACCESSES, _DEFAULTS.access),
        cached_seconds=table.whole("cached_seconds", _DEFAULTS.cached_seconds, 1, 86_400),
        timeout_ms=table.whole("timeout_ms", _DEFAULTS.timeout_ms, 50, 30_000),
        rows=table.choice("rows", ROWS, _DEFAULTS.rows),
        fields=table.texts("fields"),
        owner=table.text("owner"),
        url=_url(table, kind),
        url_env=_accepted(table, "url_env", _is_variable, "the name of an environment variable"),
        query=_statement(table, "query"),
        owners=_statement(table, "owners"),
        header=_accepted(table, "header", _is_header, "`Authorization: Bearer {secret}`"),
        secret_env=_accepted(table, "secret_env", _is_variable, "the name of a variable"),
        at=table.text("at"),
        network=table.choice("network", NETWORKS, _DEFAULTS.network),
        file=Path(table.text("file")) if "file" in table else None,
        key=table.text("key", _DEFAULTS.key),
        match=table.choice("match", MATCHES, _DEFAULTS.match),
        line=table.line,
    )
    _check_whole(table, setting)
    return setting


def _name(table: Fields) -> str:
    name = table.text("name")
    if _NAME.match(name) is None or name in _TAKEN:
        table.sheet.note(
            table.line_of("name"),
            f"{table.owner} is called {shown(name)}" if name else f"{table.owner} has no `name`",
            f"Use lower case letters, digits and _, not {listed(_TAKEN)}: fields stand below it.",
        )
    return name


def _check_whole(table: Fields, setting: SourceSetting) -> None:
    """Note what a source of this kind cannot do without."""
    problem = fix = ""
    match setting.kind:
        case "sql" if not setting.query and "query" not in table:
            problem, fix = "has no `query`", 'Write `query = "SELECT … WHERE id = :id"`.'
        case "sql" if ("url" in table) == ("url_env" in table):
            problem = "needs a `url` or a `url_env`, one of the two"
            fix = "Put a URL with a password into the environment and name the variable."
        case "http" if "url" not in table:
            problem, fix = "has no `url`", 'Write `url = "https://…/customers/{id}"`.'
        case "http" if ("header" in table) != ("secret_env" in table):
            problem = "needs `header` and `secret_env` together"
            fix = "The header says {secret} where the content of the variable belongs."
        case "file" if setting.file is None:
            problem, fix = "has no `file`", 'Write `file = "orders.csv"`.'
        case _:
            return
    table.sheet.note(table.line, f"{table.owner} {problem}", fix)


def _url(table: Fields, kind: SourceKind) -> str:
    """Return an address; what is wrong is said without it, for it may hold a password."""
    url = table.text("url")
    if not url:
        return ""
    problem = fix = ""
    if _PASSWORD.match(url) or _SECRET_PARAMETER.search(url):
        problem = "holds a password"
        fix = "Put the secret into the environment: `url_env` (SQL), or `header` and `secret_env`."
    elif kind == "sql" and _DATABASE.match(url) is None:
        problem, fix = "is no SQLAlchemy URL", "Write one such as sqlite:///crm.db."
    elif kind == "http":
        loopback = table.text("network") == "loopback"
        scheme, _ = host_of(url)
        if scheme != "https" and not (loopback and scheme == "http"):
            problem = "is not an https address, or has no plain host"
            fix = "Write one such as https://crm.acme.example/customers/{id}."
    if not problem:
        return url
    table.sheet.note(table.line_of("url"), f"`url` of {table.owner} {problem}", fix)
    return ""


def _statement(table: Fields, key: str) -> str:
    written = table.text(key)
    statement = written.rstrip("; \n")
    if not written:
        return ""
    if _SELECT.match(statement) is None or ";" in statement:
        table.sheet.note(
            table.line_of(key),
            f"`{key}` of {table.owner} is not one SELECT",
            "Write one statement that begins with SELECT or WITH, without a semicolon.",
        )
    elif key == "owners" and not set(_PARAMETER.findall(statement)) & set(TOKEN):
        table.sheet.note(
            table.line_of(key),
            f"`owners` of {table.owner} does not say whose",
            'Write `owners = "SELECT id FROM customers WHERE lower(email) = :token"`.',
        )
    return statement


def _accepted(table: Fields, key: str, accepts: Callable[[str], bool], wanted: str) -> str:
    written = table.text(key)
    if not written or accepts(written):
        return written
    # Not shown: somebody may have written the secret itself there.
    table.sheet.note(
        table.line_of(key), f"`{key}` of {table.owner} is not {wanted}", f"Write {wanted}."
    )
    return ""


def _is_variable(written: str) -> bool:
    return _VARIABLE.match(written) is not None


def _is_header(written: str) -> bool:
    return _HEADER.match(written) is not None and _SLOT.findall(written) == ["secret"]
