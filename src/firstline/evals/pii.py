"""How well personal data is found, measured on texts whose spans are marked.

A marked span counts as found when spans of its type cover every letter and digit of it: half a
card number left in sight is a leak. A found span counts as right when at least half of it lies in
marked spans of its type.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstline.errors import InputError, Place
from firstline.evals.cases import read_cases
from firstline.proof.account_numbers import Kind
from firstline.proof.masking import ALL_KINDS, find_all

TYPES: Mapping[str, Kind] = {
    "AU_ABN": "abn",
    "AU_MEDICARE": "medicare",
    "AU_TFN": "tfn",
    "CREDIT_CARD": "card",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "PHONE_NUMBER": "phone",
    "US_BANK_NUMBER": "bank_account",
    "US_SSN": "ssn",
}
"""Names that data sets give to what Firstline finds; its own names count too, in any case."""
_SHAPE = '{"text": …, "spans": [{"type": …, "start": …, "end": …}]}'
_CHARACTERS_A_KB = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place of a text and what stands there."""

    type: str
    start: int
    """In characters."""
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PiiCase:
    """A text and everything marked in it."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeReport:
    """What was found of one type. Shares of nothing are None."""

    marked: int
    covered: int
    """Marked spans of which nothing stays in sight."""
    found: int
    right: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PiiReport:
    """What was found, by type."""

    n: int
    """Texts."""
    per_type: Mapping[Kind, TypeReport]
    """Types that are marked or were found."""
    ignored: Mapping[str, int]
    """Marked spans of types that Firstline does not look for (names, places, dates …)."""
    cpu_ms_per_kb: float
    """Mean processor time of 1,000 characters."""

    def as_json(self) -> dict[str, Any]:
        """Return the report under the names of the `eval pii --json` format."""
        return {
            "n": self.n,
            "per_type": {
                kind: {name: getattr(report, name) for name in report.__slots__}
                for kind, report in self.per_type.items()
            },
            "ignored": dict(self.ignored),
            "cpu_ms_per_kb": self.cpu_ms_per_kb,
        }


def read_pii_cases(path: Path) -> tuple[PiiCase, ...]:
    """Return the cases of a JSONL file of `{"text": ..., "spans": [...]}` lines.

    Raises:
        InputError: The file cannot be read, a line is wrong, or there is no case in it.
    """
    return read_cases(path, _SHAPE, _case)


def evaluate_pii(cases: Sequence[PiiCase], *, region: str = "") -> PiiReport:
    """Find personal data in every text and count what was found against what is marked.

    Args:
        cases: At least one.
        region: The country whose phone numbers are written without a country code; empty: none.
    """
    marked: Counter[Kind] = Counter()
    covered: Counter[Kind] = Counter()
    found: Counter[Kind] = Counter()
    right: Counter[Kind] = Counter()
    ignored: Counter[str] = Counter()
    seconds = 0.0
    for case in cases:
        begun = time.process_time()
        findings = find_all(case.text, kinds=ALL_KINDS, region=region)
        seconds += time.process_time() - begun
        held: dict[Kind, set[int]] = defaultdict(set)
        gold: dict[Kind, set[int]] = defaultdict(set)
        for item in findings:
            held[item.kind].update(_signs(case.text, item.start, item.end))
        for mark in case.marks:
            kind = kind_of(mark.type)
            if kind is None:
                ignored[mark.type] += 1
                continue
            signs = _signs(case.text, mark.start, mark.end)
            gold[kind].update(signs)
            marked[kind] += 1
            covered[kind] += signs <= held[kind]
        for item in findings:
            signs = _signs(case.text, item.start, item.end)
            found[item.kind] += 1
            right[item.kind] += 2 * len(signs & gold[item.kind]) >= len(signs)
    size = sum(len(case.text) for case in cases)
    return PiiReport(
        n=len(cases),
        per_type={
            kind: TypeReport(
                marked=marked[kind],
                covered=covered[kind],
                found=found[kind],
                right=right[kind],
                recall=_share(covered[kind], marked[kind]),
                precision=_share(right[kind], found[kind]),
            )
            for kind in sorted({*marked, *found})
        },
        ignored=dict(sorted(ignored.items())),
        cpu_ms_per_kb=round(seconds * 1e3 * _CHARACTERS_A_KB / max(1, size), 4),
    )


def kind_of(name: str) -> Kind | None:
    """Return what a type of a data set is called here, None when it is not looked for."""
    known: dict[str, Kind] = {kind: kind for kind in ALL_KINDS}
    return TYPES.get(name.upper()) or known.get(name.lower())


def _signs(text: str, start: int, end: int) -> frozenset[int]:
    """Return where the letters and digits of a place stand."""
    return frozenset(at for at in range(start, min(end, len(text))) if text[at].isalnum())


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _case(fields: dict[str, Any], place: Place) -> PiiCase:
    text, spans = fields.get("text"), fields.get("spans")
    if not isinstance(text, str) or not isinstance(spans, list):
        raise _wrong(place)
    return PiiCase(text=text, marks=tuple(_marks(spans, text, place)))


def _marks(spans: list[Any], text: str, place: Place) -> Iterable[Mark]:
    for span in spans:
        match span:
            case {"type": str(kind), "start": int(start), "end": int(end)} if (
                0 <= start < end <= len(text)
            ):
                yield Mark(type=kind, start=start, end=end)
            case _:
                raise _wrong(place)


def _wrong(place: Place) -> InputError:
    return InputError(
        "this is not a case", place=place, fix=f"Write {_SHAPE}, offsets in characters"
    )
