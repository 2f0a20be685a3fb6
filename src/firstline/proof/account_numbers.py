"""Finding payment cards, bank accounts and tax numbers in text.

A number counts when its check digit holds and it has the shape of its kind; where a check digit
is weak or missing, the words before it must say what it is. So order numbers, phones, dates and
prices stay.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

import re2

from firstline.proof import checksums
from firstline.proof.digit_groups import digit_groups
from firstline.workspace.models import MaskKind

Kind = MaskKind

_NEAR = 48
"""How many characters before a number may say what it is."""
_AFTER = 24
_BANK_NEAR = 100
_MAX_GROUPS = 10
_CARD_LENGTHS = range(12, 20)
_MAX_ACCOUNT = 17
_BRANCH_LENGTHS = frozenset({6, 8})
"""Digits of a BSB or sort code, and of a Bankleitzahl."""
_BRANCH_ACCOUNT = range(5, 11)

_SEPARATORS = r" .\-\x{A0}\x{2007}\x{2009}\x{202F}\x{2010}-\x{2014}\x{2212}"
_RUN = re2.compile(rf"\p{{Nd}}(?:[{_SEPARATORS}]?\p{{Nd}}){{5,}}")
_CARD_SHAPES = frozenset(
    {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1), (4, 4, 4, 2), (8, 8)}
    | {(6, 13), (4, 4, 4, 4, 2), (4, 4, 4, 4, 1), (4, 4, 5), (4, 4, 4, 3)}
)
_FIRST_GROUPS = frozenset(shape[0] for shape in _CARD_SHAPES)
_NAMED_SIZES = frozenset({15, 16})
"""Digits of a card that is taken for one with a wrong check digit, where it is called one."""
_CARD_WORDS = re2.compile(
    r"(?i)card|\bcc\b|\bcredit\b|\bdebit\b|visa|amex|american express|maestro|diners"
    r"|discover|\bpan\b|karte|kaart|kort\b"
    r"|tarjeta|carte|cart[aã]o|carta|karta|karty|kártya|карт|カード|卡|카드|बैंक"
)
_CALLED_CARD = re2.compile(
    r"(?i)(?:card|\bcc\b|visa|amex|american express|maestro|diners|\bpan\b|karte|tarjeta|carte)"
    r"(?:\s|number|num\b|no\b|nr\b|nummer|número|numéro|details|is|was|ist|es|est|[#:.,\-(])*$"
)
_GLUED_CARD = re2.compile(r"(?i)(?:card|no|nr|num|number|visa|amex|cc|pan)$")
_LABELLED_OTHERWISE = re2.compile(
    r"(?i)(?:order|tracking|track|parcel|package|shipment|consignment|invoice|imei|iccid|serial"
    r"|bestellung|bestellnummer|pedido|commande|ordine|sendungsnummer)"
    r"(?:\s|number|num\b|no\b|nr\b|id\b|code|with|is|was|[#:.\-(])*$"
)
_SSN_WORDS = re2.compile(
    r"(?i)\bssn\b|social\s+security|\bsocial\s*(?:is|:|#|no\b|number)|\bsoc\.?\s+sec|\bitin\b|taxpayer"
)
_TFN_WORDS = re2.compile(r"(?i)\btfn\b|tax\s+file|tax\s+(?:number|no\b|id\b)")
_MEDICARE_WORDS = re2.compile(r"(?i)medicare")
_ABN_WORDS = re2.compile(r"(?i)\babn\b|business\s+number")
_ROUTING_WORDS = re2.compile(r"(?i)routing|\baba\b|\brtn\b")
_BRANCH_WORDS = re2.compile(r"(?i)\bbsb\b|sort[\s-]?code|\bblz\b|bankleitzahl")
_ACCOUNT_WORDS = re2.compile(
    r"(?i)(?:account|acct|\bacc\b|a/c|konto|kontonummer|cuenta|compte|conta|conto|rekening"
    r"|рахунок|сч[её]т|口座|账户|账号)"
    r"(?:\s|number|numéro|número|num\b|no\b|nr\b|nummer|name|is|was|ist|es|est|at|[#:.,\-(])*$"
)
_BANK_WORDS = re2.compile(
    r"(?i)bank|\bbsb\b|sort[\s-]?code|routing|\baba\b|\bswift\b|\bbic\b|\biban\b|\bblz\b"
    r"|direct debit|deposit|\bwire|checking|chequing|savings|banco|banque|банк|銀行|银行"
)
_IBAN_WORD = re2.compile(r"(?i)\biban\b")
_IBAN_START = re2.compile(r"(?:^|[^A-Za-z0-9])([A-Za-z]{2}\p{Nd}{2}[ \-.]?[A-Za-z0-9\p{Nd}])")


class Found(NamedTuple):
    """Something to mask."""

    kind: Kind
    start: int
    end: int
    keep: int
    """How many of its last letters and digits stay readable."""


class _Run(NamedTuple):
    """Digits in groups, with where each group stands."""

    groups: tuple[str, ...]
    """ASCII digits."""
    separators: tuple[str, ...]
    """What stands between each group and the next."""
    spans: tuple[tuple[int, int], ...]

    def shape(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))

    def digits(self) -> str:
        return "".join(self.groups)

    def part(self, first: int, last: int) -> _Run:
        separators = self.separators[first : last - 1]
        return _Run(self.groups[first:last], separators, self.spans[first:last])

    def even(self) -> bool:
        """Whether one sign separates all groups; a single point makes a decimal number."""
        return len(set(self.separators)) <= 1 and self.separators != (".",)


def find_account_numbers(text: str) -> Iterator[Found]:
    """Find cards, IBANs, bank accounts and tax numbers; may overlap. Linear time."""
    yield from _ibans(text)
    for match in _RUN.finditer(text):
        run = _read(text, *match.span())
        if not run.groups:
            continue
        cards = list(_cards(text, run))
        yield from cards
        if not cards:
            yield from _numbers(text, run)


def _read(text: str, start: int, end: int) -> _Run:
    """Cut a run into groups, without those that belong to a longer word or a masked number."""
    spans = [(start + first, start + last) for first, last in digit_groups(text[start:end])]
    glued = (
        bool(start)
        and _wordy(text[start - 1])
        and not _GLUED_CARD.search(text[max(0, start - 8) : start])
    )
    if glued or text[max(0, start - 4) : start] == "****":
        spans = spans[1:]
    if end < len(text) and _wordy(text[end]):
        spans = spans[:-1]
    groups = tuple(_ascii(text[first:last]) for first, last in spans)
    between = tuple(text[a[1] : b[0]] for a, b in itertools.pairwise(spans))
    return _Run(groups, between, tuple(spans))


def _wordy(sign: str) -> bool:
    return sign == "_" or (sign.isascii() and sign.isalnum())


def _ascii(digits: str) -> str:
    """Return digits of any script as 0 to 9."""
    return digits if digits.isascii() else "".join(str(unicodedata.digit(d)) for d in digits)


def _cards(text: str, run: _Run) -> Iterator[Found]:
    first = 0
    while first < len(run.groups):
        # Inside a run a card begins with a group of a card's shape, or is one group.
        size = len(run.groups[first])
        may_begin = first == 0 or size in _FIRST_GROUPS or size in _CARD_LENGTHS
        last = _card_end(text, run, first) if may_begin else 0
        if last:
            yield Found("card", run.spans[first][0], run.spans[last - 1][1], 4)
        first = last or first + 1


def _card_end(text: str, run: _Run, first: int) -> int:
    """Return behind which group a card that starts at `first` ends, 0 when none does."""
    for last in range(min(len(run.groups), first + _MAX_GROUPS), first, -1):
        part = run.part(first, last)
        digits = part.digits()
        whole = last - first == len(run.groups)
        shaped = whole or last - first == 1 or part.shape() in _CARD_SHAPES
        if not (shaped and part.even() and len(digits) in _CARD_LENGTHS):
            continue
        before = text[max(0, part.spans[0][0] - _NEAR) : part.spans[0][0]]
        behind = part.spans[-1][1]
        if _is_card(digits, before, text[behind : behind + _AFTER], alone=last - first == 1):
            return last
    return 0


def _is_card(digits: str, before: str, after: str, *, alone: bool) -> bool:
    """Tell a card from its digits and the words around it.

    A number that is called a card's right before it is one even when its check digit is wrong:
    who mistypes one digit of a card has given away the fifteen others.
    """
    if len(set(digits)) == 1:
        return False
    labelled = alone and _LABELLED_OTHERWISE.search(before) is not None
    if not checksums.luhn(digits):
        called = len(digits) in _NAMED_SIZES and _CALLED_CARD.search(before) is not None
        return called and checksums.issued(digits)
    named = _CARD_WORDS.search(before) is not None or _CARD_WORDS.search(after) is not None
    return not labelled and (named or checksums.card(digits))


class _Rule(NamedTuple):
    kind: Kind
    valid: Callable[[str], bool]
    words: re2._Regexp
    shapes: frozenset[tuple[int, ...]] = frozenset()
    """Shapes that speak for themselves, without words."""


_RULES = (
    _Rule("ssn", checksums.ssn, _SSN_WORDS),
    _Rule("ssn", checksums.itin, _SSN_WORDS),
    _Rule("tfn", checksums.tfn, _TFN_WORDS),
    _Rule("medicare", checksums.medicare, _MEDICARE_WORDS, frozenset({(4, 5, 1)})),
    _Rule("abn", checksums.abn, _ABN_WORDS, frozenset({(2, 3, 3, 3)})),
    _Rule("bank_account", checksums.routing, _ROUTING_WORDS),
)


def _numbers(text: str, run: _Run) -> Iterator[Found]:
    start, end = run.spans[0][0], run.spans[-1][1]
    digits = run.digits()
    if len(digits) > _MAX_ACCOUNT:
        return
    before = text[max(0, start - _NEAR) : start]
    near = f"{before} {text[end : end + _AFTER]}"
    for rule in _RULES:
        if rule.valid(digits) and (run.shape() in rule.shapes or rule.words.search(near)):
            yield Found(rule.kind, start, end, 4)
            return
    if run.shape() == (3, 2, 4) and run.separators == ("-", "-") and checksums.ssn(digits):
        if not _LABELLED_OTHERWISE.search(before):
            yield Found("ssn", start, end, 4)
    elif _ACCOUNT_WORDS.search(before):
        around = text[max(0, start - _BANK_NEAR) : end + _BANK_NEAR]
        if _BANK_WORDS.search(around):
            yield Found("bank_account", start, end, 4)
    elif _BRANCH_WORDS.search(before):
        yield from _branch(run)


def _branch(run: _Run) -> Iterator[Found]:
    """Mask what follows a branch code's name: the code and, behind it, the account."""
    for length in (1, 2, 3):
        code = run.part(0, length)
        if len(code.digits()) in _BRANCH_LENGTHS:
            yield Found("bank_account", code.spans[0][0], code.spans[-1][1], 0)
            rest = run.part(length, len(run.groups))
            if len(rest.digits()) >= _BRANCH_ACCOUNT.start:
                yield Found("bank_account", rest.spans[0][0], rest.spans[-1][1], 4)
            return
    if len(run.digits()) in _BRANCH_ACCOUNT:
        yield Found("bank_account", run.spans[0][0], run.spans[-1][1], 4)


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN_START.finditer(text):
        start = match.start(1)
        length = checksums.IBAN_LENGTHS.get(text[start : start + 2].upper())
        end = _walk(text, start, length) if length else 0
        if end:
            signs = (_ascii(s) if s.isdecimal() else s for s in text[start:end])
            code = "".join(sign for sign in signs if sign.isalnum()).upper()
            called = _IBAN_WORD.search(text[max(0, start - _NEAR) : start]) is not None
            if checksums.iban(code) or (called and sum(map(str.isdigit, code)) > len(code) // 2):
                yield Found("iban", start, end, 4)


def _walk(text: str, start: int, length: int) -> int:
    """Return where `length` letters and digits end, with at most one separator between two."""
    seen = 0
    gap = False
    for offset, sign in enumerate(text[start : start + 2 * length]):
        if (sign.isascii() and sign.isalnum()) or sign.isdecimal():
            seen += 1
            gap = False
        elif gap or sign not in " -.\u00a0\u202f":
            return 0
        else:
            gap = True
        if seen == length:
            end = start + offset + 1
            return end if end == len(text) or not _wordy(text[end]) else 0
    return 0
