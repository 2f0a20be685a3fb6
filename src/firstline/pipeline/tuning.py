"""How closely autonomy is watched: the settings an operator may change while it runs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from firstline.workspace.models import TrustSettings

Effect = Literal["trip", "log"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The settings, with what holds until an operator says otherwise."""

    audit_rate: float = 0.1
    """Share of the replies sent automatically that a person looks at afterwards."""
    alpha: float | None = None
    """Share of wrong replies that audits may show where no certificate says another; None: what
    firstline.toml says."""
    delta: float | None = None
    """Probability with which audits may trip a scope that keeps its promise; None: as alpha."""
    learn: int = 500
    """Tickets from which the usual share and level are learned."""
    escalation: Effect = "trip"
    """What an alarm does: take the autonomy away, or only write a line into the log."""
    models: Effect = "trip"
    """The share of tickets that ask a model."""
    cost: Effect = "trip"
    latency: Effect = "trip"

    def effect(self, watch: str) -> Effect:
        """Return what an alarm of a watch does; audits always trip."""
        found: Effect = getattr(self, watch, "trip")
        return found

    def promise(self, trust: TrustSettings) -> tuple[float, float]:
        """Return alpha and delta, as set or as firstline.toml says."""
        alpha = trust.alpha if self.alpha is None else self.alpha
        return alpha, trust.delta if self.delta is None else self.delta


MEANINGS: Mapping[str, str] = {
    "audit_rate": "a share from 0.01 to 1",
    "alpha": "a share above 0 and below 0.5",
    "delta": "a share above 0 and below 0.5",
    "learn": "a whole number from 50 to 100000",
    "escalation": "trip or log",
    "models": "trip or log",
    "cost": "trip or log",
    "latency": "trip or log",
}
"""What each setting may be, for people."""
_LEAST_AUDITED = 0.01
_MOST_WRONG = 0.5
_LEARN = (50, 100_000)


def tuning_of(settings: Mapping[str, str]) -> Tuning:
    """Return the settings; raises ValueError when one is unknown or says nothing sensible."""
    read = {name: _value(name, written) for name, written in settings.items()}
    known = {field.name for field in fields(Tuning)}
    if unknown := set(read) - known:
        raise ValueError(f"there is no setting {min(unknown)!r}")
    return Tuning(**read)  # type: ignore[arg-type]  # each was read as its own kind above


def _value(name: str, written: str) -> float | int | str:
    match name:
        case "audit_rate" if _LEAST_AUDITED <= float(written) <= 1:
            return float(written)
        case "alpha" | "delta" if 0 < float(written) < _MOST_WRONG:
            return float(written)
        case "learn" if _LEARN[0] <= int(written) <= _LEARN[1]:
            return int(written)
        case "escalation" | "models" | "cost" | "latency" if written in ("trip", "log"):
            return written
        case _:
            raise ValueError(f"{name} is {MEANINGS.get(name, 'no setting')}, not {written!r}")
