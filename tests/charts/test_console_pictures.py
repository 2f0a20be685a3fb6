"""The pictures of the console: valid, escaped, drawn by class alone, and told in words."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.charts.bars import Bar, Bars
from firstline.charts.columns import Columns, Limit, Stack
from firstline.charts.parts import (
    COUNT,
    DOLLARS,
    SHARE,
    TIME,
    few,
    milliseconds,
    shortened,
    spread_out,
    ticks,
    top_of,
)
from firstline.charts.trends import Trend, Trends, spark

HOSTILE = "<script>alert('x')</script>\" onload=\"x"
numbers = st.lists(st.floats(min_value=0, max_value=1e12), min_size=1, max_size=40)


def columns(*values: float, name: str = "sent", limit: Limit | None = None) -> str:
    """Return columns with two series."""
    return Columns(
        id="f-x",
        title=name,
        description="d",
        labels=[f"{name} {at}" for at in range(len(values))],
        stacks=(
            Stack(name=name, values=values, tone=1),
            Stack(name="other", values=values, tone=2),
        ),
        limit=limit,
    ).svg()


def parsed(svg: str) -> ET.Element:
    """Return a picture, read as the XML a browser makes of it; it carries no style or script."""
    root = ET.fromstring(svg)  # noqa: S314 - our own picture
    for element in root.iter():
        assert element.tag not in ("script", "style")
        assert not any(name == "style" or name.startswith("on") for name in element.attrib)
    return root


def rects(root: ET.Element) -> list[ET.Element]:
    """Return the areas of a picture."""
    return list(root.iter("rect"))


def test_words_stand_for_every_picture() -> None:
    """A title and a description are read aloud in a picture's place."""
    for svg in (
        columns(1, 2, 3),
        Trends(title="t", description="d", labels=["a"], trends=()).svg(),
        Bars(id="b", title="t", description="d", bars=()).svg(),
        spark([1, 2], "t", "d"),
    ):
        root = parsed(svg)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert [child.tag for child in root][:2] == ["title", "desc"]


def test_hostile_names_stay_words() -> None:
    """Nothing that stands in a name becomes markup."""
    for svg in (
        columns(1, name=HOSTILE),
        Bars(
            id="b",
            title=HOSTILE,
            description=HOSTILE,
            bars=(Bar(name=HOSTILE, parts=((1, 2.0, HOSTILE),), figure=HOSTILE),),
        ).svg(),
        Trends(
            title=HOSTILE,
            description=HOSTILE,
            labels=[HOSTILE, "b"],
            trends=(Trend(name=HOSTILE, values=[1, 2]),),
            limit=(HOSTILE, 1.0),
        ).svg(),
    ):
        parsed(svg)


@given(numbers)
def test_columns_stand_upon_each_other(values: list[float]) -> None:
    """No column leaves its frame, and the parts of one begin where the part below ends."""
    root = parsed(columns(*values))
    for rect in rects(root):
        assert float(rect.get("y", 0)) >= 9.5
        assert float(rect.get("y", 0)) + float(rect.get("height", 0)) <= 167.2


def test_neighbours_differ_by_more_than_colour() -> None:
    """Every second tone has a texture, named by the figure it belongs to."""
    svg = columns(3, 4)
    assert 'id="f-x-t2"' in svg
    assert 'fill="url(#f-x-t2)"' in svg
    assert "f-x-t1" not in svg


def test_a_limit_is_drawn_inside_the_scale() -> None:
    """A limit above all values is still on the picture, with its name."""
    root = parsed(columns(1, 2, limit=Limit(name="budget", value=50)))
    (line,) = (path for path in root.iter("path") if path.get("class") == "limit")
    assert 0 < float(line.get("d", "").split(" ")[1].split("H")[0]) < 190
    assert any(text.text == "budget" for text in root.iter("text"))


def test_lines_have_gaps_where_nothing_is_known() -> None:
    """A day without a value breaks the line; a single day is a dot."""
    svg = Trends(
        title="t",
        description="d",
        labels=list("abcde"),
        trends=(Trend(name="mean", values=[1, 2, None, 3, None], tone=2, dash=1),),
    ).svg()
    root = parsed(svg)
    lines = [path for path in root.iter("path") if path.get("class") == "l2 d1"]
    assert len(lines) == 1
    assert len(list(root.iter("circle"))) == 1


def test_the_names_of_lines_do_not_cover_each_other() -> None:
    """Labels of lines that end together are moved apart, the last line's on top."""
    svg = Trends(
        title="t",
        description="d",
        labels=["a", "b"],
        trends=[Trend(name=name, values=[5, 5]) for name in ("p50", "p95", "p99")],
        small=True,
    ).svg()
    places = {text.text: float(text.get("y", 0)) for text in parsed(svg).iter("text")}
    assert places["p99"] + 10 < places["p95"] + 0.1
    assert places["p95"] + 10 < places["p50"] + 0.1


@given(
    st.lists(st.floats(min_value=0, max_value=100), max_size=8),
)
def test_labels_are_spread_out(wanted: list[float]) -> None:
    """No two labels are nearer than asked for."""
    places = sorted(spread_out(wanted, 11, 0, 100))
    assert all(high - low >= 11 - 1e-6 for low, high in pairwise(places))


def test_bars_show_what_they_may_be_off() -> None:
    """A bar on few cases carries its interval; one on many does not."""
    doubtful = Bar(name="a", parts=((1, 0.5, "x"),), figure="50 %", low=0.2, high=0.8)
    sure = Bar(name="b", parts=((1, 0.5, "x"),), figure="50 %")
    root = parsed(Bars(id="b", title="t", description="d", bars=(doubtful, sure), top=1).svg())
    assert sum(path.get("class") == "doubt" for path in root.iter("path")) == 1


@given(st.floats(min_value=1e-9, max_value=1e15), st.booleans())
def test_scales_hold_what_they_show(top: float, whole: bool) -> None:
    """Marks begin at 0, rise evenly, hold the largest value, and are few."""
    marks = ticks(top, whole=whole)
    assert marks[0] == 0
    assert marks[-1] >= top * 0.999
    assert 2 <= len(marks) <= 7
    if whole:
        assert all(mark == int(mark) for mark in marks)


def test_a_scale_of_nothing() -> None:
    """Without values a scale goes to 1."""
    assert top_of([]) == 1
    assert top_of([0, float("nan")]) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.4, "0.4 ms"),
        (12, "12 ms"),
        (999, "999 ms"),
        (1_500, "1.5 s"),
        (90_000, "1.5 min"),
        (7_200_000, "2 h"),
        (86_400_000 * 3, "3 d"),
    ],
)
def test_times_in_the_unit_that_fits(value: float, shown: str) -> None:
    """Milliseconds are written as people say them."""
    assert milliseconds(value) == shown


def test_numbers_on_scales() -> None:
    """Counts, dollars, shares and times have their own way of being written."""
    assert (COUNT(1500), COUNT(25_000), COUNT(3_000_000)) == ("1,500", "25k", "3M")
    assert (DOLLARS(0.002), SHARE(0.25), TIME(2000)) == ("$0.002", "25 %", "2 s")


def test_few_labels_with_both_ends() -> None:
    """The last label is always there; of few, all are."""
    assert few(3, 5) == (0, 1, 2)
    chosen = few(90, 5)
    assert chosen[-1] == 89
    assert len(chosen) <= 5


def test_long_names_are_cut() -> None:
    """A name that does not fit ends with an ellipsis."""
    assert shortened("short", 100) == "short"
    assert shortened("a very long name of an intent", 60).endswith("…")


def test_a_spark_needs_two_points() -> None:
    """One value is no line."""
    assert spark([1], "t", "d") == ""
    assert spark([None, 2], "t", "d") == ""
    assert spark([1, None, 2], "t", "d")
