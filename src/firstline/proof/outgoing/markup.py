"""Markup in what has to be plain text: HTML, images, and links that do not show their target."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

import re2

from firstline.proof.normal import normalise
from firstline.proof.outgoing.fault import Fault

_ELEMENTS = (
    "a|abbr|acronym|applet|area|article|aside|audio|b|base|bdi|bdo|big|blink|blockquote|body|br"
    "|button|canvas|center|col|dd|del|details|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption"
    "|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|input|ins"
    "|isindex|keygen|layer|li|listing|main|marquee|math|meta|meter|nav|nobr|noembed|noframes"
    "|noscript|ol|optgroup|p|picture|plaintext|portal|pre|progress|q|rp|rt|ruby|s|script|section"
    "|slot|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|template|textarea|tfoot|th"
    "|thead|tr|track|tt|u|ul|video|wbr|x?mp|xss|xml"
)
_MAYBE = (
    "image|object|param|link|title|source|label|map|menu|select|option|address|code|data|time"
    "|summary|output|caption|cite|var|kbd|samp|set|use|animate"
)
"""Elements whose bare name is also what people write for a placeholder: <title>."""
_TAG = re2.compile(
    rf"(?i)</?(?:{_ELEMENTS})(?:[\s/>]|$)"
    rf"|</(?:{_MAYBE})\s*>"
    r"|<[a-z][\w:-]*(?:[\s/]+[^<>]*?)?[\s/\"'](?:on\w+|style|href|src\w*|data|action|xlink:href"
    r"|formaction|srcdoc|background|poster|code|class|id|name|content|http-equiv)\s*="
    r"|<!(?:--|\[CDATA|doctype|entity)|<\?(?:xml|php|=)|<%[=@!\s]"
)
_HANDLER = re2.compile(
    r"(?i)(?:^|[\s\"'/<])on(?:error|load|click|focus|blur|mouse\w+|key\w+|toggle|begin|start"
    r"|animation\w+|pointer\w+|submit|input|change|hashchange|message|pageshow|wheel)\s*=\s*\S"
)
_SCHEME = re2.compile(
    r"(?i)j[\s\x00-\x20]*a[\s]*v[\s]*a[\s]*s[\s]*c[\s]*r[\s]*i[\s]*p[\s]*t[\s]*:\S"
    r"|\b(?:vbscript|livescript|mocha|jscript):\S"
    r"|\bdata:[\s]*(?:[a-z]+/[\w.+-]+)?[\s]*[;,]|\bblob:\S|\bfile:[/\\]"
    r"|\b(?:view-source|intent|jar|mhtml|ms-[a-z-]+|search-ms|shell|chrome|about):\S"
)
_IMAGE = re2.compile(
    r"!\s?\[(?s:[^\n]|\n[^\n])*?\]\s?[(\[]|\[img\b[^\]]*\]|!\[\[|(?:^|\n)\s*\.\. image::"
    r"|\bimage::?\S+\[|(?:^|\s)!(?:https?:)?//\S+!|\{\{\s*(?:file|image)\s*:"
)
_INLINE = re2.compile(r"\[((?s:[^\[\]])*)\]\(\s*<?((?s:[^)\s>])*)")
_REFERENCE = re2.compile(
    r"(?m)^[ \t>*-]*\[[^\]\n]+\]:[ \t]*\n?[ \t]*<?((?:[a-z][a-z0-9+.-]*:|//|www\.|/)\S*"
    r"|\S+\.[a-z]{2,}(?:/\S*)?)>?"
)
_OTHER = re2.compile(
    r"(?i)\[url\b[^\]]*\]|\[link\b[^\]]*=[^\]]*\]|<https?:[^<>|\s]*\|[^<>]*>"
    r"|\[\[[^\[\]|]*\|[^\[\]]*\]\]|\[\[\s*https?:|\[https?://\S+ [^\]]+\]"
    r"|`[^`<]+<[^`<>]+>`_|\blink:\S+\[[^\]]*\]|\"[^\"\n]+\":https?://|\[[^\]\n]*\]\{https?:"
)
_LINK_SIGN = re2.compile(r"(?i)://|^//|^www\.|^mailto:|\.[a-z]{2,}(?:/|$)")
_ROUNDS = 2
"""Times that entities are decoded: twice encoded is still decoded by two careless readers."""


def markup(text: str) -> Iterator[Fault]:
    """Yield markup in a text, as it stands and as a careless reader would decode it."""
    found = list(_markup(text))
    yield from found
    if found:
        return
    for reading in readings(text):
        fault = next(_markup(reading), None)
        if fault is not None:
            yield Fault(fault.code, f"{fault.detail}, encoded", 0, len(text))
            return


def readings(text: str) -> Iterator[str]:
    """Yield a text as it reads once it is normalised, and once it is decoded."""
    seen = {text}
    plain = normalise(text)
    decoded = plain
    if "&" in plain:
        for _ in range(_ROUNDS):
            decoded = unescape(decoded)
    unquoted = unquote(decoded) if "%" in decoded else decoded
    slashed = unquoted
    if "\\u00" in unquoted or "\\x" in unquoted:
        slashed = unquoted.replace("\\u003c", "<").replace("\\u003C", "<")
        slashed = slashed.replace("\\x3c", "<").replace("\\x3C", "<")
    for reading in (plain, decoded, unquoted, slashed):
        if reading not in seen:
            seen.add(reading)
            yield reading


def _markup(text: str) -> Iterator[Fault]:
    if "<" in text:
        match = _TAG.search(text)
        if match is not None:
            yield Fault("html", "an HTML tag", *match.span())
    if "=" in text:
        match = _HANDLER.search(text)
        if match is not None:
            yield Fault("html", "an HTML event handler", *match.span())
    if ":" in text:
        match = _SCHEME.search(text)
        if match is not None:
            yield Fault("scheme", "an address that carries data or a script", *match.span())
    if "[" in text or "!" in text or "{" in text:
        match = _IMAGE.search(text)
        if match is not None:
            yield Fault("image", "an image", *match.span())
    yield from _hidden_targets(text)


def _hidden_targets(text: str) -> Iterator[Fault]:
    detail = "a link that does not show where it leads"
    if "](" in text:
        for match in _INLINE.finditer(text):
            label, target = match.group(1).strip(), match.group(2)
            if label != target and (_LINK_SIGN.search(target) or _LINK_SIGN.search(label)):
                yield Fault("hidden_target", detail, *match.span())
                break
    if "]:" in text:
        match = _REFERENCE.search(text)
        if match is not None:
            yield Fault("hidden_target", detail, *match.span())
    if "[" in text or "|" in text or "`" in text or '":' in text:
        match = _OTHER.search(text)
        if match is not None:
            yield Fault("hidden_target", detail, *match.span())
