"""The pages of settings: how things stand, autonomy, the kill switch, certificates, budgets."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Request
from markupsafe import Markup
from starlette.responses import Response

from firstline.desk.connection_states import states
from firstline.desk.scopes import scopes_of
from firstline.desk.watching import watch_report
from firstline.errors import InputError, WorkspaceError
from firstline.pipeline.release import Release
from firstline.pipeline.service_watch import certified_scope
from firstline.store.autonomy import EVERYTHING, AutonomyStore
from firstline.store.calls import PICO
from firstline.store.certificates import CertificateBook
from firstline.store.metrics import MetricsStore
from firstline.trust.pictures import reliability
from firstline.web.access.roles import Who, needs
from firstline.web.pages import page, problem, redirect
from firstline.web.paths import told as told_of
from firstline.web.settings import budget, certified, levels
from firstline.web.settings.acting import operator, reason_of, told
from firstline.web.settings.standing import standing_of
from firstline.web.site import Here, Site
from firstline.workspace.secret_folder import with_kept

router = APIRouter(include_in_schema=False, prefix="/settings")
AUTONOMY = "/settings/autonomy"
WAIT = 1.5
"""Seconds a page waits for what is not known yet."""
Reason = Annotated[str, Form(max_length=2_000)]
Level = Literal["off", "shadow", "review", "certified", "percent", "files"]


@router.get("", dependencies=[needs("agent")])
def overview(request: Request) -> Response:
    """Show how the company stands."""
    known = standing_of(request).overview.look(wait=2 * WAIT)
    return page(request, "settings/overview.html", known=known, found=known.value)


@router.get("/autonomy", dependencies=[needs("agent")])
def autonomy(request: Request, site: Here) -> Response:
    """Show what goes out by itself, intent by intent."""
    store = AutonomyStore(site.desk.engine)
    shown = levels.autonomy_page(
        site.desk.workspace, _release(site), store.log(limit=levels.SHOWN_CHANGES)
    )
    return page(
        request,
        "settings/autonomy.html",
        shown=shown,
        audits=store.audit_counts(),
        everything=EVERYTHING,
        all_address=levels.address_of(EVERYTHING),
        scope_name=levels.scope_name,
    )


@router.get("/autonomy/level", dependencies=[needs("lead")])
def level(request: Request, site: Here, intent: str) -> Response:
    """Show the form that changes how far an intent may go."""
    log = AutonomyStore(site.desk.engine).log()
    shown = levels.level_page(site.desk.workspace, _release(site), log, intent)
    if shown is None:
        raise HTTPException(404)
    return page(
        request,
        "settings/level.html",
        shown=shown,
        meanings=levels.LEVELS,
        shares=levels.SHARES,
    )


@router.post("/autonomy/level", dependencies=[needs("lead")])
def set_level(
    request: Request,
    site: Here,
    person: Who,
    intent: Annotated[str, Form()],
    level: Annotated[Level, Form()],
    percent: Annotated[int | None, Form(ge=1, le=100)] = None,
    seen: Annotated[int, Form()] = 0,
    reason: Reason = "",
) -> Response:
    """Change how far an intent may go."""
    workspace, release = site.desk.workspace, _release(site)
    chosen, why = levels.written(level, percent), reason_of(reason)
    if not person.may(levels.needed_role(workspace, release, intent, chosen)):
        detail = "More would go out by itself after it. That needs the role admin"
        raise HTTPException(403, detail)
    log = AutonomyStore(site.desk.engine).log()
    if levels.latest(log, intent) != seen:
        newer = next(one for one in log if one.topic == "level" and one.scope == intent)
        return problem(
            request,
            409,
            "changed_meanwhile",
            "Somebody was quicker",
            f"{newer.by} set {levels.scope_name(intent)} to {newer.value or 'files'} "
            f"on {newer.at:%Y-%m-%d %H:%M} UTC",
            fix="Look at the page again before you change it",
        )
    operator(site, person).set_level(workspace, intent, chosen, why)
    told(site)
    return redirect(levels.address_of(intent))


@router.get("/autonomy/watch", dependencies=[needs("agent")])
def watch(request: Request, site: Here) -> Response:
    """Show what is watched in service, and how each test stands."""
    store = AutonomyStore(site.desk.engine)
    report = watch_report(store, _release(site), site.desk.workspace.settings.trust)
    charts = [(one, _picture(one.chart())) for one in report.tests if one.path]
    return page(
        request,
        "settings/watch.html",
        report=report,
        charts=charts,
        scope_name=levels.scope_name,
        waiting=report.waiting[:50],
    )


@router.post("/autonomy/trips", dependencies=[needs("admin")])
def clear_trip(
    site: Here,
    person: Who,
    scope: Annotated[str, Form()],
    reason: Reason = "",
    *,
    relearn: Annotated[bool, Form()] = False,
) -> Response:
    """Give a tripped scope its autonomy back: its tests begin anew."""
    if scope not in {trip.scope for trip in _release(site).trips}:
        raise HTTPException(409, "It is not tripped any more. Look at the page again")
    operator(site, person).reset(scope, reason_of(reason), relearn=relearn)
    told(site)
    return redirect(AUTONOMY)


@router.get("/stop", dependencies=[needs("lead")])
def stop_page(request: Request, site: Here) -> Response:
    """Show the kill switch."""
    release = _release(site)
    shown = levels.autonomy_page(site.desk.workspace, release, ())
    return page(request, "settings/stop.html", release=release, shown=shown)


@router.post("/stop", dependencies=[needs("lead")])
def stop(site: Here, person: Who, reason: Reason = "") -> Response:
    """Let nothing go out by itself any more, in every process, within half a second."""
    operator(site, person).stop(reason_of(reason))
    told(site)
    return redirect(AUTONOMY)


@router.post("/resume", dependencies=[needs("admin")])
def resume(site: Here, person: Who, reason: Reason = "") -> Response:
    """Let go out again what its level allows; what has tripped stays tripped."""
    why = reason_of(reason)
    try:
        operator(site, person).resume(why)
    except InputError as error:
        raise HTTPException(409, "Nothing is stopped: somebody resumed before you") from error
    told(site)
    return redirect(AUTONOMY)


@router.get("/certificates", dependencies=[needs("agent")])
def certificates(request: Request, site: Here) -> Response:
    """List the certificates, and the scopes without one."""
    book = CertificateBook(site.desk.engine)
    basis = standing_of(request).basis.look(wait=WAIT)
    today = site.now().date()
    rows = [certified.certificate_row(one, basis.value, today) for one in book.all()]
    trust = site.desk.workspace.settings.trust
    trouble = ""
    scopes: tuple[certified.ScopeRow, ...] = ()
    try:
        scopes = certified.scope_rows(scopes_of(site.desk.workspace), rows, trust)
    except WorkspaceError as error:
        trouble = told_of(str(error), site.desk.workspace)
    current = {scope.row.certificate.id for scope in scopes if scope.row is not None}
    score = book.score()
    return page(
        request,
        "settings/certificates.html",
        scopes=scopes,
        trouble=trouble,
        earlier=[row for row in reversed(rows) if row.certificate.id not in current],
        promise=certified.promise(trust),
        trust=trust,
        basis=basis,
        covers=certified.covers,
        score=score,
        picture=None
        if score is None or score.card is None
        else _picture(reliability(score.card).svg()),
    )


@router.get("/certificates/{name}", dependencies=[needs("agent")])
def certificate(request: Request, site: Here, name: str) -> Response:
    """Show a certificate: what it says, what it rests on, what would break it."""
    basis = standing_of(request).basis.look(wait=WAIT)
    today = site.now().date()
    stored = CertificateBook(site.desk.engine).all()
    rows = [certified.certificate_row(one, basis.value, today) for one in stored]
    found = next((row for row in rows if row.certificate.id == name), None)
    if found is None:
        raise HTTPException(404)
    shown = certified.certificate_page(found, rows, basis.value)
    scope = certified_scope(found.certificate.scope)
    report = watch_report(
        AutonomyStore(site.desk.engine), _release(site), site.desk.workspace.settings.trust
    )
    tests = [one for one in report.tests if one.scope == scope]
    return page(
        request,
        "settings/certificate.html",
        shown=shown,
        tests=[(one, _picture(one.chart()) if one.path else None) for one in tests],
        tripped=next((one for one in report.release.trips if one.scope == scope), None),
        known=[str(spec.name) for spec in site.desk.workspace.intents],
        level_address=levels.address_of,
    )


@router.get("/channels", dependencies=[needs("lead")])
def channels(request: Request, site: Here) -> Response:
    """Show how each helpdesk, mailbox and webhook stands."""
    workspace, now = site.desk.workspace, site.now()
    settings = site.desk.connections.settings
    environment = with_kept(os.environ, workspace.folder)
    return page(
        request,
        "settings/channels.html",
        rows=[
            replace(one, problem=told_of(one.problem, workspace))
            for one in states(settings, site.desk.engine, now, environment)
        ],
        hooks=f"{site.public_url}/hooks/",
    )


@router.get("/budgets", dependencies=[needs("lead")])
def budgets(request: Request, site: Here) -> Response:
    """Show what was spent and is left, and where the limits are written."""
    today = site.now().astimezone(UTC).date()
    first = min(today.replace(day=1), today - timedelta(days=budget.DAYS - 1))
    spent = MetricsStore(site.desk.engine).spent(first, today)
    shown = budget.budget_page(
        site.desk.workspace.settings,
        {day: pico / PICO for day, pico in spent.items()},
        today,
        budget.lines_of(site.desk.workspace.folder),
    )
    groups = standing_of(request).groups.look(wait=WAIT)
    return page(request, "settings/budgets.html", shown=shown, groups=groups)


def _release(site: Site) -> Release:
    return site.desk.opened.parts.release()


def _picture(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 - SVG that firstline.charts escapes
