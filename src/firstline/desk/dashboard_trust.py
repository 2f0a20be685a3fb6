"""What is trusted now: autonomy, certificates, drift, and until when models can be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from firstline.claude.registry import ROLES, SETTING, Registry, load_registry
from firstline.claude.specs import platform_of
from firstline.desk.autonomy import intent_rows
from firstline.desk.basis import made_under
from firstline.desk.dashboard_records import (
    AutonomyFigures,
    CertificateFigures,
    DriftFigures,
    Retirement,
)
from firstline.desk.watching import watch_report
from firstline.pipeline.release import Release
from firstline.store.autonomy import AutonomyStore
from firstline.store.metric_records import ScoredLabel
from firstline.store.metrics import MetricsStore
from firstline.trust.certificate import ANY, Certificate
from firstline.workspace import Workspace
from firstline.workspace.models import ModelSettings

BLIND = ("audit", "import", "review")
"""Labels the curve is drawn from, if they were given blind."""


def autonomy_figures(workspace: Workspace, release: Release) -> tuple[AutonomyFigures, ...]:
    """Return how far each intent may go now, in the order of the files."""
    return tuple(
        AutonomyFigures(
            intent=row.intent,
            level=row.given or row.files,
            now=row.now,
            certificate=row.certificate,
            held=row.held,
        )
        for row in intent_rows(workspace, release)
    )


def drift_figures(
    store: AutonomyStore, release: Release, workspace: Workspace
) -> tuple[DriftFigures, ...]:
    """Return where everything stands that is watched."""
    return tuple(
        DriftFigures(
            scope=test.scope,
            name=test.name,
            usual=test.usual,
            value=test.value,
            threshold=test.threshold,
            seen=test.seen,
            learning=test.learning,
            alarm=test.alarm,
            path=test.path,
        )
        for test in watch_report(store, release, workspace.settings.trust).tests
    )


def certificate_figures(release: Release, metrics: MetricsStore) -> tuple[CertificateFigures, ...]:
    """Return the certificates in force, with the labelled drafts they speak of."""
    valid = in_force(release)
    labels = metrics.scored_labels(kinds=BLIND) if valid else ()
    return tuple(_certificate(one, labels) for one in valid)


def in_force(release: Release) -> tuple[Certificate, ...]:
    """Return the certificates that hold now."""
    basis, today = release.proofs.basis, release.today
    if basis is None or today is None:
        return ()
    return tuple(one for one in release.proofs.certificates if not one.void_because(basis, today))


def uncovered(workspace: Workspace, release: Release) -> tuple[str, ...]:
    """Return the intents that are to go out certified, and that no certificate covers."""
    covered = {intent for one in in_force(release) for intent in one.scope.intents}
    return tuple(
        spec.name
        for spec in workspace.intents
        if spec.handler != "person"
        and spec.name not in covered
        and release.level_for(spec.name, files=spec.autonomy).level.level == "certified"
    )


def stopped_because(release: Release) -> str:
    """Return who stopped everything, when and why; empty while nobody has."""
    stopped = release.stopped
    if stopped is None:
        return ""
    why = f": {stopped.why}" if stopped.why else ""
    return f"{stopped.by} stopped it on {stopped.since:%Y-%m-%d %H:%M} UTC{why}"


def _certificate(one: Certificate, labels: tuple[ScoredLabel, ...]) -> CertificateFigures:
    under = made_under(one.basis)
    mine = [
        label
        for label in labels
        if label.under == under
        and label.intent in one.scope.intents
        and one.scope.channel in (ANY, label.channel)
    ]
    return CertificateFigures(
        id=one.id,
        scope=one.scope.name,
        alpha=one.alpha,
        delta=one.delta,
        bound=one.bound,
        coverage=one.coverage,
        threshold=one.threshold,
        errors=one.errors,
        count=one.count,
        expires=one.expires,
        scores=tuple(label.score for label in mine),
        wrong=tuple(label.wrong for label in mine),
    )


def retirements_of(workspace: Workspace, today: date) -> tuple[Retirement, ...]:
    """Return until when the models in use can be asked, the soonest first; none without models.

    Unlike `claude.registry.roles` it refuses nothing: a model that is gone is told, too.
    """
    settings = workspace.settings.models
    if settings.provider == "none":
        return ()
    registry = load_registry(settings)
    profile = registry.profiles.get(settings.profile, {})
    found: dict[str, Retirement] = {}
    for role in ROLES:
        if role == "judge" and settings.judge == "off":
            continue
        name = getattr(settings, SETTING[role]) or profile.get(role, "")
        one = _until(name, registry, settings, today)
        known = found.get(one.model)
        found[one.model] = replace(one, roles=(*(known.roles if known else ()), role))
    return tuple(sorted(found.values(), key=lambda one: (one.on or date.max, one.model)))


def _until(name: str, registry: Registry, settings: ModelSettings, today: date) -> Retirement:
    model, gone = registry.find(name), registry.retired.get(name)
    if model is not None:
        offered = model.platforms.get(platform_of(settings.provider))
        retires = offered.retires if offered else None
        on = retires or (offered.not_before if offered else None)
        name, successor, certain = model.name, model.successor, retires is not None
    else:
        on, successor = (gone.on, gone.successor) if gone else (None, "")
        certain = True
    return Retirement(
        model=name,
        roles=(),
        on=on,
        certain=certain,
        days=None if on is None else (on - today).days,
        successor=successor,
    )
