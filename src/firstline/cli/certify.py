"""`firstline certify`: what may go out by itself, by what people found, or what is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import bars, flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk.route_trust import RouteTrust
    from firstline.desk.trust_open import OpenTrust
    from firstline.desk.trust_records import Asked, TrustReport

LEAST, MOST = 0.001, 0.5


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def certify(
        *,
        workspace: Folder = HERE,
        alpha: Annotated[
            float | None,
            typer.Option(min=LEAST, max=MOST, help="Share of wrong replies that is acceptable."),
        ] = None,
        delta: Annotated[
            float | None,
            typer.Option(min=LEAST, max=MOST, help="Probability of being mistaken about it."),
        ] = None,
        html: Annotated[Path | None, typer.Option(help="Write a page with the pictures.")] = None,
        route: Annotated[
            Path | None,
            typer.Option(help='Certify routing without a model, on `{"text","label"}` lines.'),
        ] = None,
        refit: Annotated[
            bool, typer.Option("--refit", help="Weigh the evidence anew by the labels.")
        ] = False,
        dry_run: Annotated[
            bool,
            typer.Option("--dry-run", help="Issue and void nothing. It is a look all the same."),
        ] = False,
        json: Json = False,
    ) -> None:
        """Say what may go out by itself: 0 every scope is certified, 1 something is missing."""
        from firstline.desk.trust_open import open_trust
        from firstline.desk.trust_records import Asked

        now = datetime.now(UTC)
        with bars() as progress, open_trust(workspace, now, progress) as company:
            settings = company.workspace.settings.trust
            asked = Asked(
                alpha=alpha or settings.alpha,
                delta=delta or settings.delta,
                valid_days=settings.valid_days,
                now=now,
                issue=not dry_run,
                refit=refit,
            )
            done = (
                _replies(company, asked, html, json=json)
                if route is None
                else _routes(company, asked, route, json=json)
            )
        if not done:
            raise typer.Exit(1)


def _replies(company: OpenTrust, asked: Asked, html: Path | None, *, json: bool) -> bool:
    from firstline.desk.results import replaced
    from firstline.desk.trust import certify_company

    report = certify_company(company.engine, company.workspace, company.basis, asked)
    if html is not None:
        from firstline.desk.trust_page import page

        with replaced(html) as file:
            file.write(page(report, company=company.workspace.settings.company))
    if json:
        print_json(report.as_json())
    else:
        _print(report)
    return report.complete


def _print(report: TrustReport) -> None:
    from firstline.desk.trust_words import report_words, scope_words
    from firstline.trust.certificate import Certificate

    for line in report_words(report):
        out.print(flat(line), markup=False)
    for one in report.scopes:
        given = isinstance(one.outcome, Certificate)
        out.print()
        out.print(
            "certified     " if given else "no certificate",
            style="green" if given else "red",
            end=" ",
        )
        out.print(flat(one.scope.name), markup=False, style="bold")
        for line in scope_words(one):
            out.print(f"  {flat(line)}", markup=False)


def _routes(company: OpenTrust, asked: Asked, cases: Path, *, json: bool) -> bool:
    from firstline.desk.route_trust import certify_routes
    from firstline.evals.route import read_route_cases
    from firstline.trust.certificate import Certificate

    found = certify_routes(company.engine, company.opened, read_route_cases(cases), asked)
    if json:
        print_json(found.as_json())
    else:
        _print_routes(found)
    return isinstance(found.outcome, Certificate)


def _print_routes(found: RouteTrust) -> None:
    from firstline.desk.trust_words import percent
    from firstline.trust.certificate import Certificate

    out.print(
        f"{found.count} messages, {found.repeated} repeated, {found.taught} among the examples"
    )
    outcome = found.outcome
    if not isinstance(outcome, Certificate):
        out.print(f"no certificate ({outcome.code}): {outcome.detail}")
        if outcome.missing:
            out.print(
                "two fifths of the messages are tested, and not all of them score high enough"
            )
        return
    out.print(
        f"certified: of what scores {outcome.threshold:.4g} or more, at most "
        f"{percent(outcome.alpha)} goes the wrong way, out-of-scope messages included. "
        f"Mistaken with a probability of at most {percent(outcome.delta)}. {outcome.errors} of "
        f"{outcome.count} went wrong, the bound is {percent(outcome.bound)}; "
        f"{percent(outcome.coverage)} need no model."
    )
    held = found.held_out
    if held is not None and held.routed:
        out.print(
            f"held out: {held.routed} of {held.count} routed so, {held.wrong} the wrong way "
            f"({percent(held.wrong / held.routed)})"
        )
    out.print(
        f"certificate {outcome.id}, holds until {outcome.expires.isoformat()}, look {found.look}"
    )
