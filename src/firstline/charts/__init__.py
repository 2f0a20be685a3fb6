"""Plots as SVG text: pure, escaped, readable in light and dark, without a script or a style sheet.

`plot` draws pages that stand alone: its colours are attributes, because a strict content security
policy refuses styles inside a page. `columns`, `trends` and `bars` draw for the console, by class
alone; its `charts.css` gives the classes their colours.
"""

from firstline.charts.plot import Axis, Dots, Level, Line, Plot

__all__ = ["Axis", "Dots", "Level", "Line", "Plot"]
