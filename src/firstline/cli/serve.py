"""`firstline serve`: the console, the API and the chat, with the workers beside them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder
from firstline.cli.show import bars, err, flat
from firstline.errors import Place, SetupError

if TYPE_CHECKING:
    from firstline.web.site import Site

DEMO = Path("demo") / "acme"
"""Where the demo company is put when there is no workspace."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def serve(
        workspace: Folder = HERE,
        host: Annotated[
            str, typer.Option(help="The address to listen on; others than this machine's need TLS.")
        ] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="0: any that is free.", min=0, max=65535)] = 8080,
        public_url: Annotated[
            str,
            typer.Option(
                help="How people reach it, with https:// when a proxy with TLS stands before it.",
                envvar="FIRSTLINE_PUBLIC_URL",
            ),
        ] = "",
        proxies: Annotated[
            str, typer.Option(help="Addresses of proxies to believe, comma-separated.")
        ] = "127.0.0.1",
        workers: Annotated[
            int, typer.Option(help="Processes that work on tickets, this one included.", min=1)
        ] = 1,
        *,
        web_only: Annotated[
            bool, typer.Option("--web-only", help="Work on no tickets: workers run elsewhere.")
        ] = False,
    ) -> None:
        """Serve the console, the API and the chat; with no workspace, those of the demo company."""
        from firstline.cli.run import more_workers
        from firstline.desk import open_desk
        from firstline.web.serve import Address
        from firstline.web.serve import serve as serve_web

        folder = _company(workspace)
        address = Address(host=host, port=port, public_url=public_url, proxies=proxies)
        with bars() as progress:
            desk = open_desk(folder, progress=progress)
        with desk, more_workers(folder, 0 if web_only else workers - 1):
            asyncio.run(serve_web(desk, address, web_only=web_only, ready=_tell))


def _company(workspace: Path) -> Path:
    """Return the workspace, or the demo company's when there is none here."""
    if workspace != HERE or (workspace / "firstline.toml").is_file():
        return workspace
    if not (DEMO / "firstline.toml").is_file():
        from firstline.cli.demo import bundled_company

        try:
            shutil.copytree(bundled_company(), DEMO, dirs_exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"the folder cannot be written ({error.strerror})",
                place=Place(file=str(DEMO)),
                fix="Name a workspace with --workspace",
            ) from error
    err.print(f"There is no firstline.toml here: serving the demo company in {DEMO}.")
    return DEMO


def _tell(site: Site, url: str) -> None:
    err.print(flat(f"{site.company} is served at {site.public_url or url}; stop with Ctrl-C"))
    code = site.access.setup_code()
    if code:
        err.print(flat(f"Nobody can sign in yet. Make the first admin: {url}/setup?code={code}"))
