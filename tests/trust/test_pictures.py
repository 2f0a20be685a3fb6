"""The pictures of trust show what the figures say."""

from __future__ import annotations

from datetime import date

import numpy as np

from firstline.records import Intent
from firstline.trust.calibration import Bin, Card
from firstline.trust.certificate import Basis, Certificate, Scope
from firstline.trust.pictures import drift, reliability, risk_coverage

CARD = Card(
    bins=(Bin(count=10, said=0.2, right=0.3), Bin(count=40, said=0.9, right=0.85)),
    ece=0.06,
    brier=0.1,
    auroc=0.81,
    importance=(),
)
CERTIFICATE = Certificate(
    scope=Scope(name="exports", intents=(Intent("export_data"),)),
    alpha=0.02,
    delta=0.05,
    threshold=0.9,
    count=300,
    errors=1,
    bound=0.0157,
    coverage=0.6,
    basis=Basis(models="m", prompts="p", knowledge="k", checks="c", score="s"),
    issued=date(2026, 11, 23),
    expires=date(2027, 2, 21),
)


def test_reliability_has_a_dot_a_bin() -> None:
    """Each bin is a dot that says its numbers; larger bins are larger dots."""
    plot = reliability(CARD)
    small, large = plot.dots[0].points
    assert small[3] == "10 replies: said 20%, right 30%"
    assert small[2] < large[2]
    assert "AUROC 0.810" in plot.description
    assert plot.svg().startswith("<svg")


def test_the_certified_point_is_marked_under_the_promise() -> None:
    """The curve falls where it should, the certificate lies below the line of the promise."""
    scores = np.linspace(1, 0, 500)
    wrong = scores < 0.1
    plot = risk_coverage(scores, wrong, alpha=0.02, delta=0.05, certificate=CERTIFICATE)
    observed, bound = plot.lines
    assert observed.points[0] == (0.02, 0.0)
    assert observed.points[-1][1] == 0.1
    assert all(
        above[1] > below[1] for above, below in zip(bound.points, observed.points, strict=True)
    )
    coverage, height, _, told = plot.dots[0].points[0]
    assert (coverage, height) == (0.6, 0.0157)
    assert "1 wrong of 300" in told
    assert plot.levels[0].value == 0.02
    assert plot.svg().count("<circle") == 1


def test_no_labels_give_an_empty_picture() -> None:
    """Without labels nothing is drawn, and the picture says so."""
    plot = risk_coverage([], [], alpha=0.02, delta=0.05)
    assert "0 labelled replies" in plot.description
    assert "nothing is certified" in plot.description
    assert "<circle" not in plot.svg()


def test_drift_names_the_alarm() -> None:
    """The description says when the alarm came, or that none did."""
    assert "no alarm" in drift("escalation", [0, 1, 2], 5).description
    assert "alarm at ticket 2" in drift("escalation", [0, 6, 7], 5).description
    assert "0 tickets" in drift("escalation", [], 5).description


def test_drift_knows_a_path_with_gaps() -> None:
    """Where not every ticket has a value, the alarm is named by its ticket; evidence may fall."""
    plot = drift("errors", [-0.4, 3.2], 3.0, steps=[10, 40], test="e-process")
    assert plot.description == "40 tickets, alarm at ticket 40."
    assert plot.y.low == -0.4
    assert plot.lines[0].points == [(10.0, -0.4), (40.0, 3.2)]
    assert plot.lines[0].name == "e-process"
