"""Masking payment, bank, tax and secret data before anything is stored in plain sight (R1.5).

`****` and the last four letters or digits stay: enough for a person to ask "the card ending in
1234?", useless to a thief. E-mail addresses and phone numbers stay unless the company asks for
them to be masked, because replies and record look-ups need them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from firstline.proof.account_numbers import Found, Kind, find_account_numbers
from firstline.proof.personal_data import find_personal
from firstline.proof.secrets import find_secrets
from firstline.workspace.models import ALWAYS_MASKED, MAY_BE_MASKED

DEFAULT_KINDS: frozenset[Kind] = frozenset(ALWAYS_MASKED)
"""An ABN is printed on every Australian invoice, and replies and look-ups need e-mail addresses,
phone numbers and IP addresses: these are masked only where firstline.toml asks for it."""
ALL_KINDS: frozenset[Kind] = frozenset((*ALWAYS_MASKED, *MAY_BE_MASKED))

_PERSONAL: frozenset[Kind] = frozenset({"email", "ip_address", "phone"})
_MASK = "****"
_MAX_PASSES = 12
_LONE_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A masked place."""

    kind: Kind
    start: int
    """Offset into the masked text, in characters."""
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text without its sensitive data."""

    text: str
    kinds: tuple[Kind, ...]
    """What was masked, sorted, each kind once."""
    spans: tuple[Span, ...]
    """In order, not overlapping."""


def find_all(
    text: str, *, kinds: frozenset[Kind] = ALL_KINDS, region: str = ""
) -> tuple[Found, ...]:
    """Return what `mask` would mask at first sight: in order, not overlapping.

    Where a number could be two things, an account number or a secret goes before what is only
    personal, and the longer before the shorter.

    Args:
        text: Any text.
        kinds: What to look for.
        region: The country whose phone numbers are written without a country code; empty: none.
    """
    text = _readable(text)
    return tuple(_find(text, kinds, region))


def mask(text: str, *, kinds: frozenset[Kind] = DEFAULT_KINDS, region: str = "") -> Masked:
    """Return text with sensitive data replaced by `****` and its last four signs.

    Masking a masked text changes nothing. Takes time linear in the length of the text.

    Args:
        text: What a customer wrote; best after `normalise`.
        kinds: What to mask.
        region: The country whose phone numbers are written without a country code; empty: none.
    """
    text = _readable(text)
    spans: list[Span] = []
    # What is masked may have hidden something behind it, so look until nothing is found.
    for _ in range(_MAX_PASSES):
        found = _find(text, kinds, region)
        if not found:
            break
        text, spans = _replace(text, found, spans)
    return Masked(text=text, kinds=tuple(sorted({span.kind for span in spans})), spans=tuple(spans))


def _readable(text: str) -> str:
    """Return a text the patterns can read: a lone surrogate, which is no character, replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.translate(_LONE_SURROGATES)
    return text


def _find(text: str, kinds: frozenset[Kind], region: str) -> list[Found]:
    secret = _apart((*find_account_numbers(text), *find_secrets(text)), kinds)
    if not kinds & _PERSONAL:
        return secret
    personal = _apart(find_personal(text, region=region), kinds)
    return _apart((*secret, *_clear_of(personal, secret)), kinds)


def _clear_of(found: list[Found], taken: list[Found]) -> Iterator[Found]:
    """Yield the findings that touch none of those taken; both are in order."""
    at = 0
    for item in found:
        while at < len(taken) and taken[at].end <= item.start:
            at += 1
        if at == len(taken) or taken[at].start >= item.end:
            yield item


def _apart(found: Iterable[Found], kinds: frozenset[Kind]) -> list[Found]:
    """Return the findings of these kinds in order, of overlapping ones the first and longest."""
    chosen: list[Found] = []
    wanted = [item for item in found if item.kind in kinds and item.end > item.start]
    for item in sorted(wanted, key=lambda one: (one.start, -one.end)):
        if not chosen or item.start >= chosen[-1].end:
            chosen.append(item)
    return chosen


def _replace(text: str, found: list[Found], spans: list[Span]) -> tuple[str, list[Span]]:
    """Replace the findings and move the spans of earlier passes to where they are now."""
    pieces: list[str] = []
    moved: list[Span] = []
    position = 0
    length = 0
    earlier = iter([*spans, None])
    span = next(earlier)
    for item in found:
        while span and span.end <= item.start:
            shift = length - position
            moved.append(Span(kind=span.kind, start=span.start + shift, end=span.end + shift))
            span = next(earlier)
        while span and span.start < item.end:
            span = next(earlier)
        masked = _masked(text[item.start : item.end], item.keep)
        pieces += [text[position : item.start], masked]
        start = length + item.start - position
        length = start + len(masked)
        position = item.end
        moved.append(Span(kind=item.kind, start=start, end=length))
    while span:
        shift = length - position
        moved.append(Span(kind=span.kind, start=span.start + shift, end=span.end + shift))
        span = next(earlier)
    pieces.append(text[position:])
    return "".join(pieces), moved


def _masked(value: str, keep: int) -> str:
    """Return the mask with the last `keep` letters and digits, when at least as many are hidden."""
    signs = [sign for sign in value if sign.isalnum()]
    return _MASK + "".join(signs[-keep:] if keep and len(signs) >= 2 * keep else [])
