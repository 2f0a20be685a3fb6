"""Sources as a workspace names them: secrets from the environment, and what cannot be opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sources.company import BILLING, Service, make_billed, serving

from firstline.errors import SetupError
from firstline.records import CustomerId
from firstline.sources import SourcedCustomers, open_customers, try_source
from firstline.workspace import Customers, examine, load

ORDERS = """
[[sources]]
name = "orders"
kind = "http"
url = "{url}/orders/{{id}}"
header = "Authorization: Bearer {{secret}}"
secret_env = "ORDERS_TOKEN"
network = "loopback"
rows = "many"
"""
CRM = """
[[sources]]
name = "crm"
kind = "sql"
url_env = "CRM_URL"
query = "SELECT customer_id AS id, customer_id || '@b.example' AS email, balance FROM accounts WHERE lower(customer_id || '@b.example') = lower(:reference) OR customer_id = :reference"
owners = "SELECT customer_id FROM accounts WHERE balance = :token"
"""  # noqa: E501 - a statement of a settings file stands on one line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a company with a database of balances."""
    return make_billed(tmp_path / "tiny")


@pytest.fixture
def service() -> Iterator[Service]:
    """Return a web service on this machine."""
    with serving() as running:
        yield running


def settle(folder: Path, *changes: tuple[str, str]) -> None:
    """Change the settings; an empty text is put at the end."""
    path = folder / "firstline.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1) if old else text + new
    path.write_text(text, encoding="utf-8")


def test_a_company_without_sources_has_its_file_and_nothing_else(folder: Path) -> None:
    """Nothing is put around it."""
    settle(folder, (BILLING, ""))
    intents = folder / "intents.yaml"
    intents.write_text(intents.read_text().replace("billing.balance", "plan"), encoding="utf-8")
    assert isinstance(open_customers(load(folder)), Customers)


def test_a_secret_comes_from_the_environment(folder: Path, service: Service) -> None:
    """The header is filled with it, and no record shows it."""
    settle(folder, ("", ORDERS.format(url=service.url)))
    service.say([{"total": 5}, {"total": 6}])
    book = open_customers(load(folder), environment={"ORDERS_TOKEN": "abc "})
    assert book is not None
    record = book.find("c1", ("orders", "billing"))
    assert record is not None
    assert record.value("orders[1].total") == "6"
    assert record.value("billing.balance") == "$42.10"
    assert service.secrets == ["Bearer abc"]
    assert "abc" not in repr(record)
    book.close()


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "orders: the environment variable ORDERS_TOKEN is not set"),
        ({"ORDERS_TOKEN": " "}, "orders: the environment variable ORDERS_TOKEN is not set"),
        ({"ORDERS_TOKEN": "a\nb"}, "orders: ORDERS_TOKEN holds signs that cannot stand"),
    ],
)
def test_a_missing_secret_costs_only_its_source(
    folder: Path, environment: dict[str, str], problem: str
) -> None:
    """The company opens; who needs the source is told what to set."""
    settle(folder, ("", ORDERS.format(url="http://127.0.0.1:1")))
    book = open_customers(load(folder), environment=environment)
    assert book is not None
    found = book.look_up("c1")
    assert found.missing[0].startswith(problem)
    assert found.record is not None
    assert found.record.value("billing.balance") == "$42.10"


def test_a_database_may_say_who_customers_are(folder: Path) -> None:
    """Without a file: found by id or address, and whose identifiers are."""
    settle(folder, ('file = "customers.json"', 'source = "crm"'), ("", CRM))
    workspace = load(folder)
    states = {check.name: check for check in examine(workspace)}
    assert states["customers"].detail == "asked of the source crm for each ticket"
    url = f"sqlite:///{folder / 'billing.db'}"
    book = open_customers(workspace, environment={"CRM_URL": url})
    assert isinstance(book, SourcedCustomers)
    record = book.find("C1@b.example", ("billing",))
    assert record is not None
    assert (record.id, record.email) == ("c1", "c1@b.example")
    assert record.value("balance") == record.value("billing.balance") == "$42.10"
    assert book.owners_of("$7,000.00") == {CustomerId("c2")}
    book.close()
    broken = open_customers(workspace, environment={})
    assert broken is not None
    with pytest.raises(SetupError, match="CRM_URL is not set"):
        broken.look_up("c1")


def test_a_source_can_be_tried(folder: Path) -> None:
    """It is asked about nobody; a failure names the line of the settings."""
    (billing,) = load(folder).settings.sources
    try_source(billing, load(folder))
    (folder / "billing.db").unlink()
    with pytest.raises(SetupError, match="billing: the database refused it") as caught:
        try_source(billing, load(folder))
    assert caught.value.place.line == billing.line
    assert caught.value.place.file == "firstline.toml"
