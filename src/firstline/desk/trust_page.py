"""A certification as one page without scripts, that loads nothing: words, figures, pictures."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import Final

from firstline.desk.trust_records import ScopeReport, TrustReport
from firstline.desk.trust_words import percent, report_words, scope_words
from firstline.evals.check_page import shown
from firstline.trust.certificate import Certificate
from firstline.trust.pictures import reliability, risk_coverage

SIGNALS: Final = 10
STYLE: Final = """\
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5b6670; --page: #f6f7f8; --card: #fff;
  --line: #d9dee3; --good: #17703c; --bad: #a11d24; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa6b1; --page: #14181c;
  --card: #1c2228; --line: #323b44; --good: #7fd6a0; --bad: #ff9c9c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
section { background: var(--card); border: 1px solid var(--line); border-left: .4rem solid;
  border-radius: .5rem; padding: 1rem; margin: 0 0 1.25rem; }
section.given { border-left-color: var(--good); } section.none { border-left-color: var(--bad); }
section.plain { border-left-color: var(--line); }
.state { text-transform: uppercase; font-size: .8rem; letter-spacing: .05em; }
.given .state { color: var(--good); } .none .state { color: var(--bad); }
ul { padding-left: 1.2rem; } svg { width: 100%; height: auto; max-width: 42rem; }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .15rem .75rem .15rem 0;
  border-bottom: 1px solid var(--line); font-weight: 400; }
th { color: var(--soft); }
"""


def page(report: TrustReport, *, company: str) -> str:
    """Return the page."""
    title = f"Certificates of {company}"
    words = "".join(f"<li>{shown(line)}</li>" for line in report_words(report))
    scopes = "\n".join(_scope(one, report) for one in report.scopes)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{shown(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{shown(title)}</h1>\n"
        f"<p>{escape(report.asked.today.isoformat())}</p>\n</header>\n<main>\n"
        f'<section class="plain"><h2>What was asked</h2>\n<ul>{words}</ul>\n{_basis(report)}'
        f"</section>\n{scopes}\n{_score(report)}</main>\n</body>\n</html>\n"
    )


def _basis(report: TrustReport) -> str:
    rows = "".join(
        f"<tr><th>{shown(name)}</th><td>{shown(value)}</td></tr>"
        for name, value in asdict(report.basis).items()
    )
    return (
        f"<p>In use now; a change of any of it voids what rests on it.</p>\n<table>{rows}</table>\n"
    )


def _scope(one: ScopeReport, report: TrustReport) -> str:
    given = isinstance(one.outcome, Certificate)
    lines = "".join(f"<li>{shown(line)}</li>" for line in scope_words(one))
    return (
        f'<section class="{"given" if given else "none"}">\n'
        f'<h2><span class="state">{"certified" if given else "no certificate"}</span> '
        f"{shown(one.scope.name)}</h2>\n"
        f"<p>{shown(', '.join(one.scope.intents))}; channel {shown(one.scope.channel)}, "
        f"language {shown(one.scope.language)}</p>\n<ul>{lines}</ul>\n{_risk(one, report)}"
        "</section>"
    )


def _risk(one: ScopeReport, report: TrustReport) -> str:
    if not one.scores:
        return ""
    certificate = one.outcome if isinstance(one.outcome, Certificate) else None
    delta = report.asked.delta if certificate is None else certificate.delta
    # A certificate from before was made of other labels: it has no place on this curve.
    marked = (
        None if one.stands and certificate and certificate.count > len(one.scores) else certificate
    )
    plot = risk_coverage(
        one.scores, one.bad, alpha=report.asked.alpha, delta=delta, certificate=marked
    )
    return plot.svg() + "\n"


def _score(report: TrustReport) -> str:
    if report.card is None:
        return ""
    rows = "".join(
        f"<tr><td>{shown(name)}</td><td>{value:+.3f}</td></tr>"
        for name, value in report.card.importance[:SIGNALS]
    )
    table = (
        "<table><thead><tr><th>signal</th><th>what ranking loses without it</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if rows
        else ""
    )
    return (
        '<section class="plain"><h2>Can the score be believed?</h2>\n'
        f"<p>On {report.certifying} labels it was not fitted on, off by "
        f"{escape(percent(report.card.ece))} in the mean.</p>\n"
        f"{reliability(report.card).svg()}\n{table}</section>\n"
    )
