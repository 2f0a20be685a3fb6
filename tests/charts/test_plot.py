"""Plots: well-formed, escaped, and inside their frame whatever they are given."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.charts import Axis, Dots, Level, Line, Plot

NAME = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script>\"' onload=x"


def drawn(plot: Plot) -> ET.Element:
    """Return the parsed figure."""
    return ET.fromstring(plot.svg())  # noqa: S314 - our own text, which must be well-formed


def a_plot(**changes: object) -> Plot:
    """Return an empty plot from 0 to 1."""
    given: dict[str, object] = {
        "title": "t",
        "description": "d",
        "x": Axis(label="x", low=0, high=1, percent=True),
        "y": Axis(label="y", low=0, high=1),
    }
    return Plot(**(given | changes))  # type: ignore[arg-type]  # fields are checked by the tests


def test_names_are_read_and_escaped() -> None:
    """A figure has a title and a description; nobody's text becomes markup."""
    hostile = a_plot(
        title=HOSTILE,
        description=HOSTILE,
        lines=(Line(name=HOSTILE, points=((0, 0), (1, 1))),),
        dots=(Dots(name=HOSTILE, points=((0.5, 0.5, 3, HOSTILE),)),),
        levels=(Level(name=HOSTILE, value=0.5),),
    )
    root = drawn(hostile)
    assert root.findtext(f"{NAME}title") == HOSTILE
    assert root.get("role") == "img"
    kinds = {element.tag.removeprefix(NAME) for element in root.iter()}
    assert kinds <= {"svg", "title", "desc", "path", "text", "circle", "rect"}
    assert not [element for element in root.iter() if element.get("onload")]


def test_nothing_needs_a_style_sheet_or_a_script() -> None:
    """Colours are attributes: a strict policy has nothing to refuse."""
    text = a_plot().svg()
    assert "style" not in text
    assert "class=" not in text
    assert "href" not in text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (0, 7, (0, 2, 4, 6)),
        (0, 0.05, (0, 0.01, 0.02, 0.03, 0.04, 0.05)),
        (-50, 50, (-40, -20, 0, 20, 40)),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: tuple[float, ...]) -> None:
    """Ticks are multiples of 1, 2 or 5, inside the scale."""
    assert Axis(label="x", low=low, high=high).ticks() == ticks


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (0, float("inf")), (float("nan"), 1)])
def test_a_scale_without_extent_is_refused(low: float, high: float) -> None:
    """A scale that cannot be drawn is named."""
    with pytest.raises(ValueError, match="axis"):
        Axis(label="x", low=low, high=high)


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=30))
def test_any_points_stay_inside(points: list[tuple[float, float]]) -> None:
    """Values off the scale are drawn at its edge, and what is no number is left out."""
    root = drawn(a_plot(dots=(Dots(name="n", points=[(x, y, 2, "p") for x, y in points]),)))
    for circle in root.iter(f"{NAME}circle"):
        assert 64 <= float(circle.get("cx", "nan")) <= 612
        assert 36 <= float(circle.get("cy", "nan")) <= 308
