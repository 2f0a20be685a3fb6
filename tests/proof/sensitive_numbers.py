"""Numbers of each kind that pass their check, made up for tests."""

from __future__ import annotations

from hypothesis import strategies as st

from firstline.proof import checksums

_ISSUERS = (
    ("4", 16),
    ("4", 13),
    ("4", 19),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("36", 14),
    ("3056", 14),
    ("6011", 16),
    ("65", 16),
    ("3530", 16),
    ("62", 16),
    ("62", 19),
    ("5018", 16),
    ("6759", 16),
    ("2200", 16),
)


def with_check_digit(body: str) -> str:
    """Append the digit that makes a number pass Luhn."""
    return next(body + digit for digit in "0123456789" if checksums.luhn(body + digit))


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Card numbers of all issuers."""
    prefix, length = draw(st.sampled_from(_ISSUERS))
    rest = length - len(prefix) - 1
    body = prefix + "".join(
        draw(st.lists(st.sampled_from("0123456789"), min_size=rest, max_size=rest))
    )
    return with_check_digit(body)


@st.composite
def ibans(draw: st.DrawFn) -> str:
    """IBANs of countries whose account numbers are digits or mixed."""
    country = draw(st.sampled_from(sorted(checksums.IBAN_LENGTHS)))
    length = checksums.IBAN_LENGTHS[country] - 4
    signs = st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    body = "".join(draw(st.lists(signs, min_size=length, max_size=length)))
    number = int("".join(str(int(sign, 36)) for sign in body + country + "00"))
    return f"{country}{98 - number % 97:02d}{body}"


def in_groups(number: str, separator: str, size: int = 4) -> str:
    """Write a number in groups."""
    return separator.join(number[i : i + size] for i in range(0, len(number), size))
