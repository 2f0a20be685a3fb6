"""One record of several sources: who is asked, what is missing, whose answers are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.sources.company import Answers, Clock

from firstline.errors import SetupError
from firstline.records import CustomerId
from firstline.sources.asked import MOST_ROWS, Asked, Who
from firstline.sources.book import AskedIdentity, SourcedCustomers
from firstline.sources.failure import SourceFailure
from firstline.sources.owning import AskedOwners
from firstline.sources.rest import FAILURES, REST, Rest
from firstline.workspace import CustomerRecord, Lookup
from firstline.workspace.models import SourceSetting

DEAD = SourceFailure("no answer within 2 s")


class Told(Asked):
    """A source of given answers."""

    def __init__(self, setting: SourceSetting, answers: Answers, clock: Clock) -> None:
        super().__init__(setting, answers, clock=clock)
        self.answers = answers


def source(name: str, *answers: Any, clock: Clock | None = None, **changes: Any) -> Told:
    """Return a source of these answers."""
    query = changes.pop("query", "SELECT * FROM t WHERE id = :id")
    setting = SourceSetting(name=name, kind="sql", query=query, **changes)
    return Told(setting, Answers(*answers), clock or Clock())


def asked(one: Told) -> list[object]:
    """Return whom a source was asked about."""
    return one.answers.asked


class People:
    """A customers file with one customer."""

    def look_up(self, reference: str) -> Lookup:
        """Return the record of c1."""
        if reference != "c1":
            return Lookup(record=None, reason="nobody")
        record = CustomerRecord(
            id=CustomerId("c1"),
            email="mia@b.example",
            name="Mia",
            fields=(("plan", "Team"), ("orders", "none")),
            version="v",
            fetched_at=datetime(2099, 1, 1, tzinfo=UTC),
            source="customers.json",
        )
        return Lookup(record=record, reason="")


def test_only_what_is_needed_is_asked() -> None:
    """A source without a needed field is left alone; without any need nobody is asked."""
    billing, orders = source("billing", ({"due": "5"},)), source("orders", ({"total": "9"},))
    book = SourcedCustomers(People(), [billing, orders])
    record = book.find("c1", ("plan", "billing.due"))
    assert record is not None
    assert record.fields == (("plan", "Team"), ("orders", "none"), ("billing.due", "5"))
    assert record.fetched_at < datetime(2090, 1, 1, tzinfo=UTC)
    assert asked(billing) == [Who(id="c1", email="mia@b.example")]
    assert asked(orders) == []
    assert book.find("c1", ()) == People().look_up("c1").record


def test_everything_is_asked_when_nothing_is_said() -> None:
    """A source's name is its own, even where the customers file has a field of that name."""
    book = SourcedCustomers(
        People(), [source("billing", ({"due": "5"},)), source("orders", ({"total": "9"},))]
    )
    record = book.find("c1")
    assert record is not None
    assert record.value("billing.due") == "5"
    assert record.value("orders") is None
    assert record.value("orders.total") == "9"


def test_an_unknown_customer_is_asked_of_nobody() -> None:
    """Sources are asked about customers, not about references."""
    billing = source("billing", ({"due": "5"},))
    assert SourcedCustomers(People(), [billing]).look_up("x").reason == "nobody"
    assert asked(billing) == []


def test_what_is_missing_is_said_and_the_rest_is_there() -> None:
    """A look-up gives the part that is known; `find` refuses a part."""
    book = SourcedCustomers(
        People(), [source("billing", DEAD), source("orders", ({"total": "9"},))]
    )
    found = book.look_up("c1")
    assert found.missing == ("billing: no answer within 2 s",)
    assert found.record is not None
    assert found.record.value("orders.total") == "9"
    with pytest.raises(SetupError, match="billing: no answer within 2 s"):
        book.find("c1")
    assert book.find("c1", ("orders",)) is not None


@pytest.mark.parametrize(
    ("rows", "changes", "problem"),
    [
        (({"id": "c2", "due": "5"},), {"owner": "id"}, "about somebody else"),
        (({"due": "5"},), {"owner": "id"}, "about somebody else"),
        (({"due": "5"}, {"due": "6"}), {}, "more than one record"),
        (({"due": "5"},) * (MOST_ROWS + 1), {"rows": "many"}, "more than 50 things"),
    ],
)
def test_an_answer_that_may_not_be_used(rows: Any, changes: dict[str, Any], problem: str) -> None:
    """Somebody else's record, two records, or too much are as good as no answer."""
    book = SourcedCustomers(People(), [source("billing", rows, **changes)])
    (missing,) = book.look_up("c1").missing
    assert problem in missing


def test_rows_of_a_list_and_fields_that_are_taken() -> None:
    """`many` numbers the rows; of each only the listed fields are kept."""
    rows = ({"id": "C1", "sum": "1", "card": "x"}, {"id": "c1", "sum": "2", "card": "y"})
    book = SourcedCustomers(
        People(), [source("sales", rows, rows="many", owner="id", fields=("sum",))]
    )
    record = book.find("c1", ("sales",))
    assert record is not None
    assert record.fields[2:] == (("sales[0].sum", "1"), ("sales[1].sum", "2"))


def test_no_row_is_no_field_and_nothing_missing() -> None:
    """A source that does not know a customer is not a dead one."""
    found = SourcedCustomers(People(), [source("billing", ())]).look_up("c1")
    assert found.missing == ()
    assert found.record is not None
    assert found.record.fields == (("plan", "Team"), ("orders", "none"))


def test_cached_answers_are_used_for_their_time_and_not_longer() -> None:
    """After it the source is asked again, and what it said before is not used when it is dead."""
    clock = Clock()
    billing = source(
        "billing", ({"due": "5"},), DEAD, clock=clock, access="cached", cached_seconds=60
    )
    book = SourcedCustomers(People(), [billing])
    assert book.find("c1") == book.find("c1")
    assert len(asked(billing)) == 1
    clock.now += 60
    assert book.look_up("c1").missing == ("billing: no answer within 2 s",)


def test_live_answers_are_not_kept() -> None:
    """Every look-up asks."""
    billing = source("billing", ({"due": "5"},), ({"due": "6"},))
    book = SourcedCustomers(People(), [billing])
    assert [record.value("billing.due") for _ in "ab" if (record := book.find("c1"))] == ["5", "6"]


def test_a_source_that_keeps_failing_is_left_alone_and_tried_again() -> None:
    """After some failures nobody waits for it; then one question finds out whether it is back."""
    clock = Clock()
    failures = [DEAD] * (FAILURES + 1)
    billing = source("billing", *failures, ({"due": "5"},), clock=clock)
    book = SourcedCustomers(People(), [billing])
    for _ in range(FAILURES):
        book.look_up("c1")
    assert "left alone" in book.look_up("c1").missing[0]
    assert "no answer within 2 s" in book.look_up("c1").missing[0]
    assert len(asked(billing)) == FAILURES
    clock.now += REST
    assert "left alone" not in book.look_up("c1").missing[0]
    clock.now += REST
    assert "left alone" in book.look_up("c1").missing[0], "its rest is longer the second time"
    clock.now += REST
    assert book.look_up("c1").missing == ()
    assert book.look_up("c1").missing == ()


def test_questions_that_fail_together_make_it_rest_once() -> None:
    """Eight were under way when it failed: that is one failure, not eight in a row."""
    clock = Clock()
    rest = Rest(clock)
    for _ in range(8):
        rest.admit()
    for _ in range(8):
        rest.failed("no answer within 2 s")
    clock.now += REST
    rest.admit()
    with pytest.raises(SourceFailure, match="left alone"):
        rest.admit()
    rest.failed("no answer within 2 s")
    clock.now += REST
    with pytest.raises(SourceFailure, match="left alone"):
        rest.admit()
    clock.now += REST
    rest.admit()


def test_a_mistake_of_ours_does_not_make_it_rest() -> None:
    """What leaving it alone cannot mend is asked each time, and said each time."""
    billing = source("billing", SourceFailure("its answer is not JSON", unwell=False))
    book = SourcedCustomers(People(), [billing])
    for _ in range(FAILURES + 2):
        assert book.look_up("c1").missing == ("billing: its answer is not JSON",)


CRM: Any = {"id": "c7", "email": "Ana@b.example", "name": {"first": "Ana", "last": "Ruiz"}}


def crm(*answers: Any) -> AskedIdentity:
    """Return a source that knows who customers are."""
    query = "SELECT * FROM people WHERE id = :reference OR email = :reference"
    return AskedIdentity(source("crm", *answers, query=query), key="id")


@pytest.mark.parametrize("reference", ["c7", " C7 ", "ana@b.EXAMPLE"])
def test_a_source_may_say_who_customers_are(reference: str) -> None:
    """Its fields stand at the top, as those of a customers file do."""
    record = SourcedCustomers(crm(({**CRM, "plan": "Pro"},))).find(reference)
    assert record is not None
    assert (record.id, record.email, record.name) == ("c7", "ana@b.example", "Ana Ruiz")
    assert record.value("plan") == "Pro"


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (({**CRM, "id": "c8", "email": "bo@b.example"},), "about somebody else"),
        (({"email": "c7@b.example"},), "no `id`"),
        ((CRM, CRM), "more than one record"),
    ],
)
def test_who_a_customer_is_must_be_certain(rows: Any, problem: str) -> None:
    """A record that the reference does not name is nobody's answer."""
    with pytest.raises(SetupError, match=problem):
        SourcedCustomers(crm(rows)).look_up("c7")


def test_a_source_of_many_rows_does_not_choose_a_customer() -> None:
    """Two people with one address: nobody knows whose ticket it is."""
    query = "SELECT * FROM people WHERE email = :reference"
    both = (CRM, {**CRM, "id": "c8"})
    people = AskedIdentity(source("crm", both, query=query, rows="many"), key="id")
    found = people.look_up("ana@b.example")
    assert found.record is None
    assert "more than one record" in found.reason


def test_an_unknown_reference_has_a_reason() -> None:
    """No row means no such customer; no reference asks nobody."""
    identity = crm(())
    assert identity.look_up("c7").reason == "no record has this id or e-mail address"
    assert identity.look_up("  ").reason == "no customer was named"
    with pytest.raises(SetupError, match="too long"):
        identity.look_up("x" * 1_000)


def test_identifiers_belong_to_whoever_any_source_says() -> None:
    """The owners of all sources count."""
    owners = [lambda _: frozenset({CustomerId("a")}), lambda _: frozenset({CustomerId("b")})]
    assert SourcedCustomers(People(), owners=owners).owners_of("x") == {"a", "b"}


def test_nobody_waits_for_a_dead_database_to_say_whose_something_is() -> None:
    """After some failures it is left alone, as any source, and asked again after its rest."""
    clock, asked_for = Clock(), []

    class Database:
        """Dead at first."""

        def select(self, _statement: object, values: dict[str, str]) -> list[dict[str, str]]:
            """Fail, and answer once it is back."""
            asked_for.append(values["token"])
            if len(asked_for) <= FAILURES:
                raise SourceFailure("no answer within 2 s")
            return [{"id": "c7"}]

    owners = AskedOwners(Database(), "SELECT :token, :digits", seconds=1, clock=clock)
    for number in range(FAILURES + 3):
        with pytest.raises(SetupError, match="no answer within 2 s"):
            owners(f"a{number}@b.example")
    assert len(asked_for) == FAILURES
    clock.now += REST
    assert owners("a@b.example") == {"c7"}


def test_a_customer_without_an_address_is_not_asked_for_by_it() -> None:
    """A system that knows people by their address knows nothing of somebody without one."""
    by_mail = source("news", ({"topic": "x"},), query="SELECT * FROM n WHERE mail = :email")
    assert by_mail.ask(Who(id="c1")).rows == ()
    assert asked(by_mail) == []
