"""Plots as SVG text: pure, escaped, readable in light and dark, without a script or a style sheet.

Colours are attributes, because a strict content security policy refuses styles inside a page, and
everything that is neither data nor limit takes the colour of the text around it.
"""

from firstline.charts.plot import Axis, Dots, Level, Line, Plot

__all__ = ["Axis", "Dots", "Level", "Line", "Plot"]
