"""A value is proven only for the name that the evidence gives it to."""

from __future__ import annotations

import pytest
from tests.proof.statements.trials import codes, passage, record

SIZES = passage(
    "A photo may have 5 MB on Basic, 20 MB on Plus and 80 MB on Pro. An album holds 300 photos.",
    title="Photos",
)
TABLE = passage(
    "| Limit | Basic | Plus | Pro |\n|---|---|---|---|\n| Albums | 4 | 40 | 400 |\n"
    "| Sharing | 2 | 12 | 90 |\n| Space | 1 GB | 60 GB | 900 GB |",
    title="Limits",
)
RETRIES = passage(
    "| Day | What happens |\n|---|---|\n| Day 2 | first reminder |\n| Day 9 | second reminder |\n"
    "| Day 20 | the album is locked |",
    title="When a payment is late",
)
LETTERS = passage(
    "A changed receipt can be asked for during 45 days and is sent within 3 business days.",
    title="Receipts",
)
SEATS = record(seats__used="12", seats__included="15", created="2024-02-14")

WRONG = {
    "another plan's size": ("On Plus a photo may have 80 MB.", SIZES),
    "two sizes exchanged": ("A photo may have 20 MB on Basic and 5 MB on Plus.", SIZES),
    "another column": ("The Plus plan includes 400 albums.", TABLE),
    "another column's space": ("On Basic you have 60 GB of space.", TABLE),
    "another row": ("The second reminder comes on day 2.", RETRIES),
    "another part of the sentence": ("A changed receipt is sent within 45 days.", LETTERS),
    "two fields of one record": ("You use 15 seats.", SEATS),
}
RIGHT = {
    "one plan's size": ("On Plus a photo may have 20 MB.", SIZES),
    "two sizes": ("A photo may have 5 MB on Basic and 20 MB on Plus.", SIZES),
    "names and sizes apart": ("Basic and Plus allow photos of 5 MB and 20 MB.", SIZES),
    "a column": ("With Plus you get 40 albums.", TABLE),
    "a row": ("The second reminder comes on day 9.", RETRIES),
    "a part of the sentence": ("A changed receipt is sent within 3 business days.", LETTERS),
    "a field of a record": ("You use 12 of 15 seats.", SEATS),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_of_something_else_is_no_proof(name: str) -> None:
    """A value that stands beside another name is not proven for this one."""
    assert codes(*WRONG[name])


@pytest.mark.parametrize("name", RIGHT)
def test_a_value_beside_its_name_is_proven(name: str) -> None:
    """A value that the evidence gives to this name passes, in whatever order."""
    assert codes(*RIGHT[name]) == set()
