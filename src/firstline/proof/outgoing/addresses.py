"""Links, host names and e-mail addresses in a text, however they are spelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import re2

from firstline.proof.normal import normalise

MOST: Final = 200
"""Links of a sentence that are looked at one by one; a sentence with more has too many."""
_LONGEST_URL = 2_048
_TRAILING = ".,;:!?)]}'\"*_>`"
_LINK = re2.compile(
    r"(?i)\b[a-z][a-z0-9+.-]*:[/\\]{2,}[^\s<>\"]*|\bhttps?:[^\s<>\"]+"
    r"|(?:^|[\s(\"'<\[=>])[/\\]{2,}[\w.-]+\.[^\s<>\"]+|\bwww[.。．｡][^\s<>\"]+"  # noqa: RUF001 - full stops that browsers read as dots
    r"|\bh(?:xx|\*\*|__|--|tt\s|t\st)ps?\b[^\s]*"
)
_TLDS = (
    "com|net|org|info|biz|edu|gov|mil|int|name|mobi|asia|jobs|travel|aero|coop|museum|pro|tel|xxx"
    "|app|dev|page|web|site|online|website|space|store|shop|tech|xyz|top|club|vip|win|bid|loan"
    "|download|stream|review|date|trade|party|science|racing|faith|cricket|accountant|men|work"
    "|click|link|zip|mov|live|news|blog|cloud|host|hosting|press|agency|company|group|email"
    "|support|help|services|solutions|systems|digital|network|world|today|life|fun|icu|buzz|cyou"
    "|cfd|sbs|monster|quest|rest|bar|cam|lol|pics|art|design|studio|media|video|bank|finance"
    "|money|cash|credit|tax|legal|health|care|doctor|game|games|bet|casino|poker|center|zone"
    "|example|test|invalid|localhost|local|internal|onion|eth|crypto"
    "|ac|ad|ae|af|ag|ai|al|am|ao|aq|ar|as|at|au|aw|ax|az|ba|bb|bd|be|bf|bg|bh|bi|bj|bm|bn|bo|br"
    "|bs|bt|bw|by|bz|ca|cc|cd|cf|cg|ch|ci|ck|cl|cm|cn|co|cr|cu|cv|cw|cx|cy|cz|de|dj|dk|dm|do|dz"
    "|ec|ee|eg|er|es|et|eu|fi|fj|fk|fm|fo|fr|ga|gb|gd|ge|gf|gg|gh|gi|gl|gm|gn|gp|gq|gr|gs|gt|gu"
    "|gw|gy|hk|hm|hn|hr|ht|hu|id|ie|il|im|in|io|iq|ir|is|it|je|jm|jo|jp|ke|kg|kh|ki|km|kn|kp|kr"
    "|kw|ky|kz|la|lb|lc|li|lk|lr|ls|lt|lu|lv|ly|ma|mc|md|me|mg|mh|mk|ml|mm|mn|mo|mp|mq|mr|ms|mt"
    "|mu|mv|mw|mx|my|mz|na|nc|ne|nf|ng|ni|nl|no|np|nr|nu|nz|om|pa|pe|pf|pg|ph|pk|pl|pm|pn|pr|ps"
    "|pt|pw|py|qa|re|ro|rs|ru|rw|sa|sb|sc|sd|se|sg|sh|si|sk|sl|sm|sn|so|sr|ss|st|su|sv|sx|sy|sz"
    "|tc|td|tf|tg|th|tj|tk|tl|tm|tn|to|tr|tt|tv|tw|tz|ua|ug|uk|us|uy|uz|va|vc|ve|vg|vi|vn|vu|wf"
    "|ws|ye|yt|za|zm|zw|рф|xn--[a-z0-9-]+"
)
_HOST = re2.compile(
    rf"(?i)[\p{{L}}\p{{N}}_-]+(?:[.。．｡][\p{{L}}\p{{N}}_-]+)*[.。．｡](?:{_TLDS})"  # noqa: RUF001 - full stops that browsers read as dots
    r"(?:[.]?(?::\d+)?(?:[/?#][^\s<>\"]*)|\.?:\d{2,5}\b|\.?)"
)
_NUMERIC = re2.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+|/[^\s]*)|\b0x[0-9a-fA-F]{8}/|\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]+\]"
)
_SPELLED = re2.compile(
    rf"(?i)[\p{{L}}\p{{N}}-]+\s?(?:\[\s?(?:\.|dot|punkt|point)\s?\]|\(\s?(?:\.|dot)\s?\)"
    rf"|\{{\s?(?:\.|dot)\s?\}}|\sdot\s|\s\.\s?)\s?(?:{_TLDS})\b"
)
_EMAIL = re2.compile(r"[\w.!#$%&'*+/=?^{|}~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
_SPELLED_EMAIL = re2.compile(
    r"(?i)[\w.+-]+\s?(?:\[\s?(?:at|@)\s?\]|\(\s?(?:at|@)\s?\)|\{\s?(?:at|@)\s?\}|\sat\s)\s?"
    r"[\p{L}\p{N}-]+\s?(?:\[\s?(?:\.|dot)\s?\]|\(\s?(?:\.|dot)\s?\)|\sdot\s)\s?[\p{L}]{2,}"
)
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})  # noqa: RUF001 - full stops that browsers read as dots
_WORDS_AS_TLD = frozenset(
    "in to so it is no at be my us me am as do by de la he info pro work help today live link name "
    "date review win app page space care life top test local support".split()
)
"""Top-level domains that are words too: after a full stop without a space they are no host."""
_FILES = frozenset("md py sh rs pl ps so zip mov cc mk ml ai st pm".split())
"""Top-level domains that are endings of files too."""


@dataclass(frozen=True, slots=True)
class Address:
    """Something that could be followed."""

    text: str
    start: int
    end: int
    bare: bool = False
    """Whether it is a host without a scheme, which mail programs still make a link."""
    spelled: bool = False
    """Whether it is written so that a filter would miss it."""


def links_in(text: str) -> Iterator[Address]:
    """Yield every link and host name of a text, without the punctuation after it."""
    taken: list[tuple[int, int]] = []
    for match in islice(_LINK.finditer(text), MOST + 1):
        found = match.group()
        start = match.start() + len(found) - len(found.lstrip(" \t\n(\"'<[=>"))
        link = found.strip(" \t\n(\"'<[=>").rstrip(_TRAILING)
        taken.append((start, match.end()))
        spelled = found[:1] in "hH" and not found[:4].lower().startswith("http")
        yield Address(link, start, start + len(link), spelled=spelled)
    yield from _outside(_bare(text), taken)
    yield from _outside(_spelled(text), taken)


def _outside(found: Iterator[Address], taken: list[tuple[int, int]]) -> Iterator[Address]:
    """Yield the addresses that stand in none of the places taken; both in order of place."""
    at = 0
    for item in found:
        while at < len(taken) and taken[at][1] <= item.start:
            at += 1
        if at == len(taken) or item.end <= taken[at][0]:
            yield item


def _bare(text: str) -> Iterator[Address]:
    for match in islice(_HOST.finditer(text), MOST + 1):
        found = match.group().rstrip(_TRAILING)
        before = text[match.start() - 1 : match.start()]
        after = text[match.start() + len(found) : match.start() + len(found) + 1]
        if before in {"@", "/", "\\"} or after == "@" or after.isalnum():
            continue
        if _is_host(found):
            yield Address(found, match.start(), match.start() + len(found), bare=True)
    for match in islice(_NUMERIC.finditer(text), MOST):
        yield Address(match.group().rstrip(_TRAILING), match.start(), match.end(), bare=True)


def _is_host(found: str) -> bool:
    """Return whether a dotted name is a host rather than a file, a number or two sentences."""
    host = found.translate(_DOTS)
    for end in "/?#:":
        host = host.partition(end)[0]
    name, _, ending = host.rpartition(".")
    if not any(map(str.isalpha, name)) or not ending:
        return False
    has_path = len(host) < len(found)
    if ending.lower() in _FILES and not has_path and "." not in name:
        return False
    joined = ending[:1].isupper() and not ending.isupper() and name[-1:].islower()
    if joined and ending.lower() in _WORDS_AS_TLD and not has_path:
        return False
    # "e.g. am" and "i.e": single letters between full stops are an abbreviation.
    return any(len(part) > 1 for part in name.split("."))


def _spelled(text: str) -> Iterator[Address]:
    for match in islice(_SPELLED.finditer(text), MOST):
        yield Address(match.group(), match.start(), match.end(), spelled=True)


def emails_in(text: str) -> Iterator[Address]:
    """Yield every e-mail address, without the punctuation after it."""
    for match in islice(_EMAIL.finditer(text), MOST + 1):
        found = match.group().lstrip("*_'`").rstrip(_TRAILING)
        start = match.start() + len(match.group()) - len(match.group().lstrip("*_'`"))
        yield Address(found, start, start + len(found))
    for match in islice(_SPELLED_EMAIL.finditer(text), MOST):
        yield Address(match.group(), match.start(), match.end(), spelled=True)


@lru_cache(maxsize=4_096)
def host_name(written: str) -> str:
    """Return a host in the one spelling that hosts are compared in: lower case, IDNA.

    A name that IDNA refuses is returned as it is: it equals no allowed host.
    """
    host = normalise(written).translate(_DOTS).lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


@lru_cache(maxsize=4_096)
def parts_of(link: str) -> tuple[str, str]:
    """Return a link's host and the whole link in one spelling; the host is empty if unreadable.

    Only the scheme and the host have more than one spelling: a path, a query and a fragment are
    compared as they are, because a server may tell them apart.
    """
    if len(link) > _LONGEST_URL:
        return "", link
    try:
        split = urlsplit(link)
        host = split.hostname or ""
    except ValueError:
        return "", link
    if not host:
        return "", link
    name = host_name(host)
    plain = split.netloc.lower() == host and name == host
    netloc = name if plain or split.netloc.lower() == host else split.netloc
    rest = link.partition("://")[2][len(split.netloc) :]
    return name, f"{split.scheme.lower()}://{netloc}{'' if rest == '/' else rest}"
