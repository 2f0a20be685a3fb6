"""What holds for any text: no crash, offsets inside it, values that survive formatting."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.claims import (
    Claim,
    Facts,
    TextTooLongError,
    best_fit,
    find_claims,
    fit,
    json_fields,
    supports,
)

US = Facts()
_PIECES = st.sampled_from(
    "5 10 1,000 2.5 $ € % five a per month business day days to - and between up at least within of"
    " GB seats January 22nd 2025 pm : / . ( ) \n 2025-01-22 INV-7 @ x https://a.example one or more"
    " about < > \ud800 \u200b \U000e0041 ½ — 7️⃣".split(" ")
)
_TEXTS = st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=30).map(" ".join))


@given(_TEXTS, st.sampled_from(["en-US", "en-AU", "de-DE", "ja", "", "xx-YY"]))
def test_any_text_is_read_and_claims_lie_inside_it(text: str, locale: str) -> None:
    """Claims are in order, inside the text, not empty, and do not overlap."""
    at = 0
    for claim in find_claims(text, Facts(locale=locale)):
        assert at <= claim.start < claim.end <= len(text)
        at = claim.end
        assert claim.low is None or claim.high is None or claim.low <= claim.high


@given(_TEXTS)
def test_a_claim_proves_itself(text: str) -> None:
    """Evidence that says a value proves that value."""
    for claim in find_claims(text, US):
        assert supports(claim, claim)


@given(_TEXTS, _TEXTS)
def test_any_two_claims_can_be_compared(held: str, made: str) -> None:
    """No pair of claims is too strange to be compared."""
    evidence = find_claims(held, US)
    for claim in find_claims(made, US):
        found = best_fit(claim, evidence)
        assert found is None or fit(evidence[found[0]], claim) == found[1]


@given(st.text(max_size=300))
def test_any_text_may_be_taken_for_json(text: str) -> None:
    """What is no JSON is None, never an error."""
    fields = json_fields(text)
    assert fields is None or all(len(field) == len(("path", "value")) for field in fields)


@given(st.text(alphabet="0123456789 .,-/:$%a\n", max_size=400))
def test_claims_are_no_more_than_the_text_has_characters(text: str) -> None:
    """The number of claims is bounded by the length of the text."""
    try:
        found = find_claims(text, US)
    except TextTooLongError:
        return
    assert len(found) <= len(text)


def _only(text: str) -> Claim:
    (claim,) = find_claims(text, US)
    return claim


@given(st.decimals(min_value=Decimal("0.01"), max_value=10**9, places=2))
def test_money_survives_its_formatting(amount: Decimal) -> None:
    """An amount is the same with a sign, with a code, with and without separators."""
    forms = [f"${amount:,.2f}", f"USD {amount}", f"{amount:,.2f} USD", f"{amount} dollars"]
    claims = [_only(form) for form in forms]
    assert {claim.low for claim in claims} == {amount}
    assert all(supports(one, other) for one in claims for other in claims)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_a_date_survives_its_formatting(day: date) -> None:
    """A day is the same in every spelling."""
    forms = [
        day.isoformat(),
        f"{day:%d %B %Y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b} {day.year}",
        f"{day:%m/%d/%Y}",
    ]
    assert {_only(form).low for form in forms} == {day.toordinal()}


@given(
    st.integers(min_value=2, max_value=400),
    st.sampled_from(["second", "minute", "hour", "day", "week", "month", "year", "business day"]),
)
def test_a_duration_survives_its_formatting(count: int, unit: str) -> None:
    """A length of time is the same with hyphen, in the plural, and with bounds in either place."""
    plain = _only(f"{count} {unit}s")
    assert supports(plain, _only(f"{count}-{unit}"))
    assert supports(_only(f"up to {count} {unit}s"), _only(f"{count} {unit}s at most"))
    assert not supports(plain, _only(f"{count + 1} {unit}s"))
