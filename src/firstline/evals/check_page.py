"""One page that shows examined replies: what each sentence rests on, and what it lacks.

The page is a single file without scripts, and loads nothing. Every word of it that a customer, a
document or a model wrote is escaped, and what cannot be seen is shown as a mark, so that no text
can pose as part of the page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from firstline.evals.check import Examined
from firstline.evals.check_style import STYLE
from firstline.evals.check_summary import CheckSummary
from firstline.proof.proofs import SentenceProof, Support
from firstline.records import Evidence, EvidenceId, Finding

EXCERPT: Final = 140
"""Characters shown on each side of the words a sentence rests on."""
MAX_SHOWN: Final = 20_000
"""Characters of one piece of evidence; the rest is counted, not shown."""
MAX_ROWS: Final = 400
MAX_SUPPORTS: Final = 4
_HOW: Final = {
    "quote": "word for word",
    "record": "from the record",
    "computed": "computed from the evidence",
    "paraphrase": "the evidence says so",
    "courtesy": "states nothing",
    "question": "asks, states nothing",
}


def page(examined: Sequence[Examined], summary: CheckSummary, *, title: str) -> str:
    """Return the page.

    Args:
        examined: The replies, in the order they are shown.
        summary: What they came to.
        title: What was examined, such as a file name.
    """
    replies = "\n".join(_reply(item, at) for at, item in enumerate(examined, start=1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Checked: {shown(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>Checked: {shown(title)}</h1>\n{_totals(summary)}{_codes(summary)}"
        f"{_index(examined)}</header>\n<main>\n{replies}\n</main>\n</body>\n</html>\n"
    )


def shown(text: str) -> str:
    """Return text as HTML that shows it and does nothing; invisible characters become marks."""
    if text.isascii() and text.isprintable():
        return escape(text)
    return escape("".join(char if _is_visible(char) else "\ufffd" for char in text))


def _is_visible(char: str) -> bool:
    return char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl")


def _totals(summary: CheckSummary) -> str:
    figures = [("replies", str(summary.n)), ("blocked", str(summary.blocked))]
    if summary.labelled:
        figures += [
            ("labelled", str(summary.labelled)),
            ("precision", _percent(summary.precision)),
            ("recall", _percent(summary.recall)),
            ("false blocks", _percent(summary.false_block_share)),
        ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)
    return f'<dl class="totals">{cells}</dl>\n'


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _codes(summary: CheckSummary) -> str:
    if not summary.by_code:
        return ""
    rows = "".join(
        f"<tr><td>{shown(code)}</td><td>{count}</td>"
        f"<td>{summary.false_by_code.get(code, 0) if summary.labelled else '–'}</td></tr>"
        for code, count in summary.by_code.items()
    )
    head = "<tr><th>blocked because of</th><th>replies</th><th>wrongly</th></tr>"
    return f'<table class="codes"><thead>{head}</thead><tbody>{rows}</tbody></table>\n'


def _index(examined: Sequence[Examined]) -> str:
    links = "".join(
        f'<li><a class="{item.verdict}" href="#r{at}">{shown(item.case.id)}</a></li>'
        for at, item in enumerate(examined, start=1)
    )
    return f'<nav aria-label="Replies"><ol>{links}</ol></nav>\n'


def _reply(examined: Examined, at: int) -> str:
    case = examined.case
    label = ""
    if case.label:
        agrees = "agrees" if case.label == examined.verdict else "differs"
        label = f'<span class="label {agrees}">a person says {case.label}</span>'
    question = f'<p class="question">{shown(case.question)}</p>' if case.question.strip() else ""
    places = _Places(at, case.evidence)
    sentences = "\n".join(
        _sentence(text, proof, [f for f in examined.findings if f.sentence == number], places)
        for number, (text, proof) in enumerate(zip(case.reply, examined.proofs, strict=False))
    )
    return (
        f'<section class="reply {examined.verdict}" id="r{at}">\n'
        f'<h2><span class="verdict">{examined.verdict}</span> {shown(case.id)} {label}</h2>\n'
        f'{question}<div class="sentences">\n{sentences}\n</div>\n'
        f"{_findings(examined)}{_evidence(examined, at)}</section>"
    )


class _Places:
    """Where the evidence of a reply is on the page."""

    def __init__(self, reply: int, evidence: Sequence[Evidence]) -> None:
        self._held = {
            item.id: (f"r{reply}e{number}", item) for number, item in enumerate(evidence, start=1)
        }

    def find(self, name: EvidenceId) -> tuple[str, Evidence] | None:
        """Return the anchor of a piece of evidence, and the piece."""
        return self._held.get(name)


def _sentence(text: str, proof: SentenceProof, findings: Sequence[Finding], places: _Places) -> str:
    against = [item for item in findings if item.result == "block"]
    if proof.gaps or against:
        reasons = {f"{item.code}: {item.detail}": None for item in proof.gaps}
        if not proof.gaps:
            reasons = {f"{item.check}: {item.detail}": None for item in against}
        notes = "".join(f'<span class="why">{shown(reason)}</span>' for reason in reasons)
        state, word = "unproven", "not proven"
    else:
        notes, word = "", _HOW[proof.how]
        state = "plain" if proof.how in ("courtesy", "question") else "proven"
    spans = [(item.start, item.end) for item in proof.gaps if item.end < len(text)]
    tips = "".join(_support(item, places) for item in proof.supports[:MAX_SUPPORTS])
    tip = f'<span class="tip" role="tooltip">{tips}</span>' if tips else ""
    return (
        f'<p class="sentence {state}" tabindex="0">'
        f'<span class="text">{_marked(text, spans)}</span> '
        f'<span class="how">{word}</span>{notes}{tip}</p>'
    )


def _support(support: Support, places: _Places) -> str:
    found = places.find(support.evidence)
    if found is None:
        return ""
    anchor, item = found
    link = f'<a href="#{anchor}">{shown(item.title or item.id)}</a>'
    if support.field:
        value = dict(item.fields).get(support.field, "")
        said = f"{shown(support.field)}: <mark>{shown(value)}</mark>"
    else:
        start, end = max(0, support.start - EXCERPT), min(len(item.text), support.end + EXCERPT)
        spans = [(support.start - start, support.end - start)]
        before, after = "… " if start else "", " …" if end < len(item.text) else ""
        said = f"{before}{_marked(item.text[start:end], spans)}{after}"
    return f'<span class="excerpt">{link}<br>{said}</span>'


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return text with the spans marked; spans that overlap make one mark."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        first, last = max(at, start), min(end, len(text))
        if last <= first:
            continue
        parts += [shown(text[at:first]), "<mark>", shown(text[first:last]), "</mark>"]
        at = last
    return "".join([*parts, shown(text[at:])])


def _findings(examined: Examined) -> str:
    """Return what was found about the reply as a whole, and the warnings."""
    lines = [
        f"<li><b>{item.result}</b> {shown(item.check)}"
        f"{f' ({shown(item.code)})' if item.code else ''}: {shown(item.detail)}</li>"
        for item in examined.findings
        if item.result == "warn" or (item.result == "block" and item.sentence is None)
    ]
    return f'<ul class="findings">{"".join(lines)}</ul>\n' if lines else ""


def _evidence(examined: Examined, at: int) -> str:
    case = examined.case
    if not case.evidence:
        return '<p class="none">There is no evidence.</p>\n'
    spans: dict[str, list[tuple[int, int]]] = {}
    fields: dict[str, set[str]] = {}
    for support in (item for proof in examined.proofs for item in proof.supports):
        if support.field:
            fields.setdefault(support.evidence, set()).add(support.field)
        else:
            spans.setdefault(support.evidence, []).append((support.start, support.end))
    pieces = "\n".join(
        _piece(item, f"r{at}e{number}", spans.get(item.id, []), fields.get(item.id, set()))
        for number, item in enumerate(case.evidence, start=1)
    )
    return f'<div class="evidence">\n{pieces}\n</div>\n'


def _piece(item: Evidence, anchor: str, spans: Sequence[tuple[int, int]], used: set[str]) -> str:
    about = [shown(item.kind), shown(item.id)]
    about += [shown(word) for word in (item.title, item.url) if word]
    about += ["internal"] if item.audience == "internal" else []
    body = "".join(_body(item, spans, used))
    return (
        f'<article id="{anchor}"><h3>{" · ".join(about)}</h3>'
        f'<div class="body" tabindex="0">{body}</div></article>'
    )


def _body(item: Evidence, spans: Sequence[tuple[int, int]], used: set[str]) -> Iterator[str]:
    if item.text:
        yield f'<p class="text">{_marked(item.text[:MAX_SHOWN], spans)}</p>'
    if len(item.text) > MAX_SHOWN:
        yield f"<p>… and {len(item.text) - MAX_SHOWN:,} more characters</p>"
    if item.fields:
        rows = (
            f"<tr><th>{shown(path)}</th>"
            f"<td>{f'<mark>{shown(value)}</mark>' if path in used else shown(value)}</td></tr>"
            for path, value in item.fields[:MAX_ROWS]
        )
        yield f"<table>{''.join(rows)}</table>"
    if len(item.fields) > MAX_ROWS:
        yield f"<p>… and {len(item.fields) - MAX_ROWS:,} more fields</p>"
