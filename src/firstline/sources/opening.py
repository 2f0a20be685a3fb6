"""Opening the sources a workspace names. Nothing is asked before the first question."""

from __future__ import annotations

import os
from collections.abc import Mapping

from firstline.errors import Place, SetupError
from firstline.sources.asked import Asked, Reader, Row, Who, patience
from firstline.sources.book import AskedIdentity, FileIdentity, Identity, Owners, SourcedCustomers
from firstline.sources.failure import SourceFailure
from firstline.sources.files import FileReader
from firstline.sources.http import HttpReader
from firstline.sources.owning import AskedOwners
from firstline.sources.sql import SqlReader
from firstline.workspace.customers import CustomerBook, Customers
from firstline.workspace.models import SourceSetting, Workspace

_TEST_REFERENCE = "nobody@firstline.invalid"
"""Nobody has this address: what a source says when it is asked for it is what it says."""


class Broken:
    """Stands for a source that cannot be opened: says why to everybody who asks."""

    def __init__(self, failure: SourceFailure) -> None:
        self._failure = failure

    def read(self, who: Who) -> tuple[Row, ...]:
        """Raise what is wrong."""
        del who
        # A new one each time: several threads may raise it at once.
        raise SourceFailure(self._failure.problem, unwell=False)

    def close(self) -> None:
        """Do nothing."""


def open_customers(
    workspace: Workspace, *, environment: Mapping[str, str] | None = None
) -> CustomerBook | None:
    """Return what is known about a company's customers; None when it names neither file nor source.

    A source that cannot be opened stops no other work: whoever needs it is told why.

    Args:
        workspace: The company.
        environment: Where secrets are; the process's own by default.
    """
    settings = workspace.settings
    customers = Customers.open(workspace)
    if not settings.sources:
        return customers
    known = os.environ if environment is None else environment
    readers = {one.name: open_reader(one, workspace, known) for one in settings.sources}
    asked = {one.name: Asked(one, readers[one.name]) for one in settings.sources}
    owners: list[Owners] = [] if customers is None else [customers.owners_of]
    for one in settings.sources:
        reader = readers[one.name]
        if isinstance(reader, FileReader):
            owners.append(reader.owners_of)
        elif isinstance(reader, SqlReader) and one.owners:
            owners.append(AskedOwners(reader, one.owners, seconds=patience(one)))
    identity: Identity
    others = [one for one in asked.values() if one.name != settings.customer_source]
    if customers is not None:
        identity = FileIdentity(customers)
        return SourcedCustomers(identity, others, owners=owners)
    main = asked[settings.customer_source]
    identity = AskedIdentity(main, key=settings.customer_key)
    return SourcedCustomers(identity, others, owners=owners, closing=(main.close,))


def open_reader(
    setting: SourceSetting, workspace: Workspace, environment: Mapping[str, str]
) -> Reader:
    """Return what asks a source, or what says why it cannot be asked."""
    seconds = patience(setting)
    try:
        match setting.kind:
            case "sql":
                url = setting.url or _secret(setting.url_env, environment)
                return SqlReader(url, setting.query, seconds=seconds, folder=workspace.folder)
            case "http":
                return HttpReader(
                    setting.url,
                    headers=_headers(setting, environment),
                    at=setting.at,
                    network=setting.network,
                    seconds=seconds,
                )
            case "file":
                path = workspace.folder / (setting.file or "")
                return FileReader(path, key=setting.key, match=setting.match)
    except SourceFailure as failure:
        return Broken(failure)


def try_source(
    setting: SourceSetting, workspace: Workspace, environment: Mapping[str, str] | None = None
) -> None:
    """Ask a source about nobody, to see whether it can be asked.

    Raises:
        SetupError: It cannot; says why.
    """
    reader = open_reader(setting, workspace, os.environ if environment is None else environment)
    asked = Asked(setting, reader)
    nobody = _TEST_REFERENCE
    try:
        asked.ask(Who(reference=nobody, id="0", email=nobody))
    except SourceFailure as failure:
        raise SetupError(
            f"{setting.name}: {failure.problem}",
            place=Place(file="firstline.toml", line=setting.line or None),
            fix="Mend it; until then, tickets that need it go to a person.",
        ) from failure
    finally:
        asked.close()


def _secret(variable: str, environment: Mapping[str, str]) -> str:
    value = environment.get(variable, "").strip()
    if not value:
        raise SourceFailure(f"the environment variable {variable} is not set", unwell=False)
    return value


def _headers(setting: SourceSetting, environment: Mapping[str, str]) -> dict[str, str]:
    if not setting.header:
        return {}
    secret = _secret(setting.secret_env, environment)
    if not secret.isascii() or not secret.isprintable():
        problem = f"{setting.secret_env} holds signs that cannot stand in a header"
        raise SourceFailure(problem, unwell=False)
    name, _, value = setting.header.partition(": ")
    return {name: value.replace("{secret}", secret)}
