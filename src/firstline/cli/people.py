"""`firstline people`: who works here, and the keys of programs. For the first start and for repair.

Whoever runs this has the database; what is done here is written into the audit of access as done by
the command line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import flat, out, print_json

if TYPE_CHECKING:
    from firstline.store.people_records import ApiKey, StoredPerson
    from firstline.web.access.access import Access

Email = Annotated[str, typer.Argument(metavar="E-MAIL", help="The person's address.")]
Role = Annotated[str, typer.Option(help="agent, lead or admin.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Show and change who works here, and the keys of programs.")
    app.add_typer(group, name="people")
    _people(group)
    _rights(group)
    _keys(group)


def _people(group: typer.Typer) -> None:
    @group.callback(invoke_without_command=True)
    def listing(context: typer.Context, *, workspace: Folder = HERE, json: Json = False) -> None:
        """Show and change who works here."""
        context.obj = workspace
        if context.invoked_subcommand is not None:
            return
        with opened(workspace) as access:
            found = access.people.list()
        if json:
            print_json([_person_json(one) for one in found])
            return
        for one in found:
            state = "disabled" if one.disabled_at else one.role
            out.print(flat(f"{state:<9} {one.email}  {one.name}"), markup=False)
        if not found:
            out.print("Nobody works here yet. Add an admin: firstline people add E-MAIL --name …")

    @group.command()
    def add(
        context: typer.Context,
        email: Email,
        *,
        name: Annotated[str, typer.Option(help="What their decisions are signed with.")],
        role: Role = "agent",
        link: Annotated[
            bool, typer.Option("--link", help="Print a link for them instead of asking.")
        ] = False,
    ) -> None:
        """Add a person; asks for their password, or reads it from the input."""
        from firstline.web.access.given import a_role

        with opened(context.obj) as access:
            if link:
                token = access.invite(email=email, name=name, role=a_role(role), by=None)
                out.print(f"/invite/{token}", markup=False)
                return
            made = access.add_person(
                email=email, name=name, role=a_role(role), password=_password(), by=None
            )
        out.print(flat(f"{made.name} can sign in as {made.email}, {made.role}"), markup=False)


def _rights(group: typer.Typer) -> None:
    @group.command()
    def role(
        context: typer.Context,
        email: Email,
        new: Annotated[str, typer.Argument(metavar="ROLE", help="agent, lead or admin.")],
    ) -> None:
        """Give a person another role; their sessions end."""
        from firstline.web.access.given import a_role

        with opened(context.obj) as access:
            access.people.set_role(_whose(access, email).id, a_role(new), None, access.now())

    @group.command()
    def disable(context: typer.Context, email: Email) -> None:
        """Lock a person out; their sessions end."""
        with opened(context.obj) as access:
            access.people.disable(_whose(access, email).id, None, access.now())

    @group.command()
    def enable(context: typer.Context, email: Email) -> None:
        """Let a person in again."""
        with opened(context.obj) as access:
            access.people.enable(_whose(access, email).id, None, access.now())

    @group.command()
    def link(context: typer.Context, email: Email) -> None:
        """Print a link with which a person chooses another password."""
        with opened(context.obj) as access:
            token = access.reset(_whose(access, email).id, None)
        out.print(f"/invite/{token}", markup=False)


def _keys(group: typer.Typer) -> None:
    @group.command()
    def key(
        context: typer.Context,
        name: Annotated[str, typer.Argument(help="What it is for.")],
        *,
        scope: Annotated[list[str], typer.Option(help="What it may do; may be given again.")],
        days: Annotated[int, typer.Option(min=0, max=3650, help="0: until revoked.")] = 365,
    ) -> None:
        """Make a key for a program and print it, this once."""
        from firstline.web.access.given import some_scopes

        valid = timedelta(days=days) if days else None
        with opened(context.obj) as access:
            _, token = access.make_key(name=name, scopes=some_scopes(scope), valid=valid, by=None)
        out.print(token, markup=False)

    @group.command()
    def keys(context: typer.Context, *, json: Json = False) -> None:
        """Show the keys of programs."""
        with opened(context.obj) as access:
            found, now = access.keys.list(), access.now()
        if json:
            print_json([_key_json(one) for one in found])
            return
        for one in found:
            over = one.revoked_at or (one.expires_at is not None and one.expires_at <= now)
            state = "ended" if over else "good"
            said = f"{state:<6} {one.prefix}  {one.name}  {', '.join(one.scopes)}"
            out.print(flat(said), markup=False)

    @group.command()
    def revoke(
        context: typer.Context,
        prefix: Annotated[str, typer.Argument(help="How the key begins, as `keys` shows it.")],
    ) -> None:
        """End a key of a program for good."""
        from firstline.errors import InputError

        with opened(context.obj) as access:
            found = [one for one in access.keys.list() if one.prefix == prefix]
            if len(found) != 1 or not access.keys.revoke(found[0].id, None, access.now()):
                raise InputError(
                    f"no good key begins with {prefix}", fix="firstline people keys shows them"
                )


@contextmanager
def opened(folder: Path) -> Iterator[Access]:
    """Open the people of a workspace, without its knowledge and models."""
    from firstline.store import app_url, open_database
    from firstline.web.access.access import Access
    from firstline.workspace import load

    workspace = load(folder)
    workspace.data.mkdir(parents=True, exist_ok=True)
    engine = open_database(app_url(workspace.data))
    try:
        yield Access(engine, company=workspace.settings.company)
    finally:
        engine.dispose()


def _whose(access: Access, email: str) -> StoredPerson:
    from firstline.errors import InputError

    found = access.people.by_email(email)
    if found is None:
        raise InputError(f"nobody here has the address {email}", fix="firstline people lists them")
    return found


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")


def _person_json(one: StoredPerson) -> dict[str, object]:
    return {
        "id": one.id,
        "email": one.email,
        "name": one.name,
        "role": one.role,
        "disabled": one.disabled_at is not None,
        "seen_at": one.seen_at.isoformat() if one.seen_at else None,
    }


def _key_json(one: ApiKey) -> dict[str, object]:
    times = {"made_at": one.made_at, "expires_at": one.expires_at, "revoked_at": one.revoked_at}
    said = {"id": one.id, "prefix": one.prefix, "name": one.name, "scopes": list(one.scopes)}
    return said | {name: at.isoformat() if at else None for name, at in times.items()}
