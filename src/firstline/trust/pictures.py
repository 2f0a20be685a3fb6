"""The three pictures of trust: is the score believable, what was certified, does it still hold."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from firstline.charts import Axis, Dots, Level, Line, Plot
from firstline.trust.binomial import upper_bound
from firstline.trust.calibration import Card
from firstline.trust.certificate import Certificate

_SPOTS = 80
"""Points a curve is drawn through: more cannot be seen."""
_LEAST = 10
"""Replies below which an observed share says nothing worth drawing."""


def reliability(card: Card) -> Plot:
    """Return what was said of replies beside what was so, one dot for a tenth of them."""
    most = max((one.count for one in card.bins), default=1)
    dots = tuple(
        (
            one.said,
            one.right,
            3 + 7 * sqrt(one.count / most),
            f"{one.count} replies: said {one.said:.0%}, right {one.right:.0%}",
        )
        for one in card.bins
    )
    ranks = "not ranked: one kind only" if card.auroc is None else f"AUROC {card.auroc:.3f}"
    return Plot(
        title="Reliability of the score",
        description=f"Calibration error {card.ece:.3f}, {ranks}. Dots on the diagonal are honest.",
        x=Axis(label="probability of being right, as said", low=0, high=1, percent=True),
        y=Axis(label="share that was right", low=0, high=1, percent=True),
        lines=(Line(name="said and so agree", points=((0, 0), (1, 1)), colour=2, dashed=True),),
        dots=(Dots(name="replies of similar score", points=dots),),
    )


def risk_coverage(
    scores: ArrayLike,
    wrong: ArrayLike,
    *,
    alpha: float,
    delta: float,
    certificate: Certificate | None = None,
) -> Plot:
    """Return how much would be wrong if this share of the replies went out, surest first.

    Args:
        scores: Of labelled replies, shape (n,).
        wrong: Whether each was wrong, shape (n,).
        alpha: The promise.
        delta: One-sided confidence of the upper curve is 1 - delta, for each point by itself.
        certificate: Marked, if there is one.
    """
    order = np.argsort(-np.asarray(scores, dtype=np.float64))
    errors = np.cumsum(np.asarray(wrong, dtype=bool)[order])
    total = order.size
    spots = np.unique(np.linspace(min(_LEAST, total), total, _SPOTS).astype(int)) if total else ()
    seen = [(count / total, int(errors[count - 1]) / count) for count in map(int, spots)]
    bounds = [
        (count / total, upper_bound(int(errors[count - 1]), count, delta))
        for count in map(int, spots)
    ]
    top = max(2.5 * alpha, *(value for _, value in seen), *(value for _, value in bounds[-1:]), 0)
    marked: tuple[Dots, ...] = ()
    if certificate is not None:
        told = (
            f"{certificate.scope.name}: {certificate.errors} wrong of {certificate.count}, "
            f"bound {certificate.bound:.2%}"
        )
        marked = (
            Dots(
                name="certified",
                points=((certificate.coverage, certificate.bound, 6, told),),
                colour=2,
            ),
        )
    return Plot(
        title="Share of wrong replies by share sent",
        description=(
            f"{total} labelled replies. The promise is {alpha:.1%}; "
            + ("certified." if certificate else "nothing is certified.")
        ),
        x=Axis(label="share of the replies sent, surest first", low=0, high=1, percent=True),
        y=Axis(label="wrong among them", low=0, high=min(1.0, top), percent=True),
        lines=(
            Line(name="observed", points=seen),
            Line(name=f"upper bound, {1 - delta:.0%}", points=bounds, colour=3, dashed=True),
        ),
        dots=marked,
        levels=(Level(name=f"promise: {alpha:.1%}", value=alpha),),
    )


def drift(
    name: str,
    values: Sequence[float],
    threshold: float,
    *,
    steps: Sequence[int] | None = None,
    test: str = "CUSUM",
) -> Plot:
    """Return the path of a sequential test and the height at which it gives alarm.

    Args:
        name: What is watched.
        values: Where the test stood, oldest first.
        threshold: Where it gives alarm.
        steps: After how many tickets each value was; each ticket has one, if not given.
        test: The test's name.
    """
    places = list(steps) if steps is not None else list(range(1, len(values) + 1))
    path = list(zip(places, values, strict=True))
    alarm = next((at for at, value in path if value >= threshold), None)
    told = "no alarm" if alarm is None else f"alarm at ticket {alarm}"
    last = max(places, default=0)
    return Plot(
        title=f"Drift: {name}",
        description=f"{last} tickets, {told}.",
        x=Axis(label="tickets", low=0, high=max(last, 1)),
        y=Axis(
            label="evidence for a rise",
            low=min([0.0, *values]),
            high=max([threshold * 1.2, *values]),
        ),
        lines=(Line(name=test, points=[(float(at), value) for at, value in path]),),
        levels=(Level(name="alarm", value=threshold),),
    )
