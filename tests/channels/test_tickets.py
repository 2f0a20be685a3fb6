"""Tickets from files: what is right is read, what is wrong is named, and reading goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstline.channels.lines import MAX_LINE, read_lines
from firstline.channels.ticket_fields import FIELDS
from firstline.channels.tickets import TicketFile, count_tickets, read_tickets
from firstline.errors import InputError, TicketError
from firstline.records import Inbound, Message

Write = Callable[[str, str | bytes], Path]
MAIL = b"From: Ann <ann@x.example>\r\nMessage-ID: <1@x.example>\r\nSubject: Hi\r\n\r\nHello\r\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a file."""

    def writing(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writing


def read(path: Path) -> list[Inbound | TicketError]:
    """Read a whole file."""
    return list(read_tickets(path))


def only(path: Path) -> Inbound | TicketError:
    """Read a file of one ticket."""
    (item,) = read(path)
    return item


def line(**fields: Any) -> str:
    """Return a ticket as a line."""
    return json.dumps({"id": "1", "text": "Hello", **fields}) + "\n"


def test_a_full_line_is_read(write: Write) -> None:
    """Every field of the line format arrives."""
    path = write(
        "t.jsonl",
        line(
            subject="Hi",
            customer="c1",
            channel="chat",
            received_at="2026-05-01T10:00:00+02:00",
            messages=[{"author": "agent", "text": "Yes?", "sent_at": "2026-05-01"}],
            attachments=[{"name": "a.pdf", "media_type": "application/pdf", "size": 9}, "b.txt"],
        ),
    )
    ticket = only(path)
    assert isinstance(ticket, Inbound)
    assert (ticket.external_id, ticket.text, ticket.subject) == ("1", "Hello", "Hi")
    assert (ticket.customer, ticket.verified, ticket.channel) == ("c1", True, "chat")
    assert ticket.received_at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    asked = datetime(2026, 5, 1, tzinfo=UTC)
    assert ticket.messages == (Message(author="staff", text="Yes?", sent_at=asked),)
    assert [item.name for item in ticket.attachments] == ["a.pdf", "b.txt"]
    assert ticket.source == f"{path}:1"


def test_an_export_vouches_for_its_customer_unless_it_says_otherwise(write: Write) -> None:
    """A customer is verified by default; without a customer nobody is."""
    path = write(
        "t.jsonl", line(customer=7) + line(id=2, customer="b", verified=False) + line(id=3)
    )
    tickets = [item for item in read(path) if isinstance(item, Inbound)]
    assert [(t.customer, t.verified) for t in tickets] == [
        ("7", True),
        ("b", False),
        (None, False),
    ]


@pytest.mark.parametrize(("written", "known"), [(12, "12"), (12.0, "12"), (" a ", "a")])
def test_ids_become_text(write: Write, written: object, known: str) -> None:
    """Numbers are ids too."""
    ticket = only(write("t.jsonl", line(id=written)))
    assert isinstance(ticket, Inbound)
    assert ticket.external_id == known


WRONG_LINES = {
    "not json": ("{oops", "not JSON"),
    "cut off": ('{"id": "1", "text": "Hel', "not JSON"),
    "a list": ("[1, 2]", "not a JSON object"),
    "nan": ('{"id": NaN, "text": "x"}', "not JSON"),
    "infinite id": ('{"id": 1e999, "text": "x"}', '"id" is not'),
    "lone surrogate": ('{"id": "1", "text": "\\ud800"}', "not JSON"),
    "deep": ("[" * 100_000, "not JSON"),
    "deep object": ('{"id":' * 100_000, "not JSON"),
    "no id": ('{"text": "x"}', 'no "id"'),
    "no text": ('{"id": "1"}', 'no "text"'),
    "null text": ('{"id": "1", "text": null}', 'no "text"'),
    "id true": ('{"id": true, "text": "x"}', '"id" is not'),
    "id list": ('{"id": [1], "text": "x"}', '"id" is not'),
    "id empty": ('{"id": " ", "text": "x"}', '"id" is not'),
    "id long": ('{"id": "%s", "text": "x"}' % ("9" * 300), '"id" is not'),
    "id with a break": ('{"id": "a\\nb", "text": "x"}', '"id" is not'),
    "text number": ('{"id": "1", "text": 5}', '"text" is not'),
    "subject list": ('{"id": "1", "text": "x", "subject": []}', '"subject" is not'),
    "customer object": ('{"id": "1", "text": "x", "customer": {}}', '"customer" is not'),
    "verified text": (
        '{"id": "1", "text": "x", "customer": "c", "verified": "maybe"}',
        '"verified" is not',
    ),
    "channel": ('{"id": "1", "text": "x", "channel": "fax"}', '"channel" is not'),
    "time": ('{"id": "1", "text": "x", "received_at": "soon"}', '"received_at" is not'),
    "time far": (
        '{"id": "1", "text": "x", "received_at": "0001-01-01T00:00:00+23:00"}',
        '"received_at" is not',
    ),
    "messages": ('{"id": "1", "text": "x", "messages": {}}', '"messages" is not'),
    "author": ('{"id": "1", "text": "x", "messages": [{"author": "x", "text": "y"}]}', '"author"'),
    "message text": ('{"id": "1", "text": "x", "messages": [{"author": "bot"}]}', '"text" is not'),
    "attachments": ('{"id": "1", "text": "x", "attachments": [3]}', '"attachments" is not'),
    "misspelt text": ('{"id": "1", "txt": "x"}', '"txt"'),
    "misspelt customer": ('{"id": "1", "text": "x", "custmer": "c"}', '"custmer"'),
    "capitals": ('{"id": "1", "text": "x", "Subject": "c"}', '"Subject"'),
}


@pytest.mark.parametrize(("written", "problem"), WRONG_LINES.values(), ids=WRONG_LINES)
def test_a_wrong_line_is_named_and_the_rest_is_read(
    write: Write, written: str, problem: str
) -> None:
    """The error tells the problem, the line and the fix; the next line is a ticket."""
    path = write("t.jsonl", f"\n{written}\n" + line(id="ok"))
    error, ticket = read(path)
    assert isinstance(error, TicketError)
    assert problem in error.problem
    assert (error.place.file, error.place.line) == (str(path), 2)
    assert error.fix
    assert isinstance(ticket, Inbound)


def test_near_misses_name_what_was_meant(write: Write) -> None:
    """The fix of a misspelt field is its right name."""
    error = only(write("t.jsonl", '{"id": "1", "text": "x", "recieved_at": "2026-05-01"}'))
    assert isinstance(error, TicketError)
    assert error.fix == 'Did you mean "received_at"?'


def test_unknown_fields_are_collected_for_one_warning(write: Write) -> None:
    """Fields that mean nothing do not stop a ticket, nor do compounds of known ones."""
    file = read_tickets(write("t.jsonl", line(tags=[1], customer_name="Ann") + line(id=2, tags=[])))
    assert all(isinstance(item, Inbound) for item in file)
    assert file.unknown_fields == {"tags": 2, "customer_name": 1}
    (warning,) = file.warnings()
    assert '"tags"' in warning


def test_repeats_are_one_ticket_and_collisions_are_errors(write: Write) -> None:
    """The same line twice is one ticket; another text under its id is wrong."""
    file = read_tickets(write("t.jsonl", line() + line() + line(text="Other") + line(id="2")))
    first, error, last = list(file)
    assert isinstance(first, Inbound)
    assert isinstance(error, TicketError)
    assert (error.place.line, error.place.ticket) == (3, "1")
    assert isinstance(last, Inbound)
    assert (file.tickets, file.repeats, file.wrong) == (2, 1, 1)


def test_long_and_empty_texts_are_flagged(write: Write) -> None:
    """A person gets what is too long or says nothing."""
    path = write("t.jsonl", line(text="x" * 20_001) + line(id=2, text=" \n") + line(id=3))
    flags = [item.flags for item in read(path) if isinstance(item, Inbound)]
    assert flags == [("too_large",), ("empty",), ()]


def test_html_is_noticed(write: Write) -> None:
    """A text that is markup from end to end is read as HTML; a comparison is not."""
    path = write("t.jsonl", line(text="<p>Hello</p>") + line(id=2, text="5 < 6 and <b>"))
    assert [item.is_html for item in read(path) if isinstance(item, Inbound)] == [True, False]


def test_a_line_of_ten_megabytes_is_skipped(write: Write) -> None:
    """A line above the cap is an error, and the next line is still found."""
    path = write("t.jsonl", line(text="x" * 10 * MAX_LINE) + line(id="ok"))
    error, ticket = read(path)
    assert isinstance(error, TicketError)
    assert "longer than" in error.problem
    assert isinstance(ticket, Inbound)
    assert ticket.source.endswith(":2")


def test_other_encodings_are_named_with_their_place(write: Write) -> None:
    """A byte that is not UTF-8 is given with its offset and what to do."""
    start = line(id="ok").encode()
    path = write("t.jsonl", start + '{"id": "2", "text": "Größe"}\n'.encode("latin-1"))
    ticket, error = read(path)
    assert isinstance(ticket, Inbound)
    assert isinstance(error, TicketError)
    assert error.problem == f"byte 0xF6 at offset {len(start) + 23} is not UTF-8"
    assert error.fix == "Save the file as UTF-8"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["t.jsonl", "t.csv"])
def test_a_byte_order_mark_tells_the_encoding(write: Write, encoding: str, name: str) -> None:
    """Files of spreadsheets are read with their mark."""
    content = line(text="Größe") if name == "t.jsonl" else "id,text\n1,Größe\n"
    ticket = only(write(name, content.encode(encoding)))
    assert isinstance(ticket, Inbound)
    assert ticket.text == "Größe"


def test_a_broken_utf_16_file_is_an_error(write: Write) -> None:
    """Half a character at the end is no traceback."""
    items = read(write("t.jsonl", line().encode("utf-16") + b"\x00"))
    assert isinstance(items[-1], TicketError)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.jsonl", "", "empty"),
        ("t.jsonl", " \n\n", "empty"),
        ("t.csv", b"PK\x03\x04\x00\x00", "binary"),
        ("t.xyz", "just some words", "no known kind"),
        ("t.json", "[{", "not JSON"),
        ("t.json", "[" * 100_000, "not JSON"),
        ("t.csv", "name,body\n1,x\n", "columns"),
        ("t.csv", "id,txt\n1,x\n", '"txt"'),
        ("t.csv", "id,text,text\n1,x,y\n", "same name"),
        ("t.csv", b"id,t\xe9xt\n1,x\n", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_input_error(
    write: Write, name: str, content: str | bytes, problem: str
) -> None:
    """Empty, binary, unknown and headless files are named as such, with the fix."""
    path = write(name, content)
    with pytest.raises(InputError, match=problem) as raised:
        read(path)
    assert raised.value.fix
    assert raised.value.place.file == str(path)


def test_missing_files_and_folders_without_mail_are_input_errors(tmp_path: Path) -> None:
    """A path that leads nowhere is the caller's mistake."""
    with pytest.raises(InputError, match="no such file"):
        read_tickets(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=r"no \.eml"):
        read_tickets(tmp_path)


def test_a_json_list_is_read(write: Write) -> None:
    """A list is read item by item; wrong ones are counted by number."""
    items = read(write("t.json", json.dumps([{"id": 1, "text": "a"}, 5, {"id": 2, "text": "b"}])))
    assert [type(item) for item in items] == [Inbound, TicketError, Inbound]
    assert "item 2" in str(items[1])


@pytest.mark.parametrize("content", [line() + line(id=2), json.dumps({"id": 1, "text": "a"})])
def test_json_by_another_name_is_understood(write: Write, content: str) -> None:
    """A .json of lines, and one of a single ticket, are read."""
    assert all(isinstance(item, Inbound) for item in read(write("t.json", content)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_each_kind_is_read(write: Write, delimiter: str) -> None:
    """The delimiter is found; quoted cells may hold it, quotes and line breaks."""
    rows = [
        ["ID", "Text", "customer", "verified", "messages", "note"],
        [
            "1",
            f'"a{delimiter} ""b""\nc"',
            "c1",
            "no",
            '"[{""author"":""bot"",""text"":""x""}]"',
            "",
        ],
        ["2", "plain", "", "", "", "n"],
    ]
    file = read_tickets(write("t.csv", "\r\n".join(delimiter.join(row) for row in rows)))
    first, second = list(file)
    assert isinstance(first, Inbound)
    assert first.text == f'a{delimiter} "b"\nc'
    assert (first.customer, first.verified) == ("c1", False)
    assert first.messages == (Message(author="bot", text="x"),)
    assert isinstance(second, Inbound)
    assert second.source.endswith(":4")
    assert file.unknown_fields == {"note": 1}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1", "1 cells"),
        ("1,a,b,c", "4 cells"),
        ('1,"a"b,c', "not CSV"),
        ('1,x,"[oops"', '"messages" is not JSON'),
        (",x,", 'no "id"'),
    ],
)
def test_a_wrong_row_is_named_and_the_rest_is_read(write: Write, row: str, problem: str) -> None:
    """A row with missing, surplus or broken cells does not stop the file."""
    error, ticket = read(write("t.csv", f"id,text,messages\n{row}\nok,fine,\n"))
    assert isinstance(error, TicketError)
    assert problem in error.problem
    assert error.place.line == 2
    assert isinstance(ticket, Inbound)


def test_an_open_quote_is_an_error(write: Write) -> None:
    """A quote that is never closed is reported where its row starts."""
    items = read(write("t.csv", 'id,text\n1,a\n2,"never closed\n3,b\n'))
    assert isinstance(items[1], TicketError)
    assert items[1].place.line == 3


def test_a_csv_row_without_text_is_an_empty_ticket(write: Write) -> None:
    """An empty cell is an empty message, not a missing one."""
    ticket = only(write("t.csv", "id,text\n1,\n"))
    assert isinstance(ticket, Inbound)
    assert ticket.flags == ("empty",)


def test_mail_files_and_folders_are_read(write: Write, tmp_path: Path) -> None:
    """One .eml is one ticket, a folder as many as it has, in the order of their names."""
    write("b.eml", MAIL.replace(b"<1@", b"<2@"))
    one = write("a.eml", MAIL)
    write("c.eml", b"no header here")
    write("notes.txt", "not a ticket")
    ticket = only(one)
    assert isinstance(ticket, Inbound)
    assert ticket.external_id == "1@x.example"
    kinds = [type(item) for item in read(tmp_path)]
    assert kinds == [Inbound, Inbound, TicketError]


def test_an_mbox_is_read_message_by_message(write: Write) -> None:
    """Messages start at From lines; escaped ones inside are text; a broken one is numbered."""
    second = b"From: b@x.example\nMessage-ID: <2@x.example>\n\nHi\n>From here on it fails.\n"
    path = write(
        "t.mbox",
        b"From a Fri May  1 10:00:00 2026\n" + MAIL.replace(b"\r\n", b"\n") + b"\n"
        b"From b Fri May  1 10:00:00 2026\n" + second + b"\n"
        b"From c Fri May  1 10:00:00 2026\nno header\n",
    )
    first, other, error = read(path)
    assert isinstance(first, Inbound)
    assert isinstance(other, Inbound)
    assert other.text == "Hi\nFrom here on it fails.\n\n"
    assert other.source == f"{path}:8"
    assert isinstance(error, TicketError)
    assert "message 3" in error.problem


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a", line(), "jsonl"),
        ("a.txt", "[]", "json"),
        ("a.txt", "id;text\n", "csv"),
        ("a.msg", MAIL, "eml"),
        ("Inbox", b"From a Fri May  1 10:00:00 2026\n" + MAIL, "mbox"),
    ],
)
def test_a_kind_is_told_by_content(
    write: Write, name: str, content: str | bytes, kind: str
) -> None:
    """Files without a telling name are read by what they begin with."""
    assert TicketFile(write(name, content)).kind == kind


def test_counts_are_estimated(write: Write, tmp_path: Path) -> None:
    """A progress bar knows about how much there is."""
    assert count_tickets(write("t.jsonl", line() * 7)) == 7
    assert count_tickets(write("t.csv", "id,text\n1,a\n2,b\n")) == 2
    assert count_tickets(write("t.json", json.dumps([{"id": 1}, {"id": 2}]))) == 2
    assert count_tickets(write("t.mbox", b"From a\n" + MAIL + b"\nFrom b\n" + MAIL)) == 2
    assert count_tickets(write("t.eml", MAIL)) == 1
    assert count_tickets(tmp_path) == 1


def test_a_file_may_be_closed_early(write: Write) -> None:
    """Leaving the loop closes the file."""
    with read_tickets(write("t.jsonl", line() + line(id=2))) as file:
        assert isinstance(next(file), Inbound)
    assert list(file) == []


def test_a_long_file_is_read_as_a_stream(write: Write) -> None:
    """The first ticket comes before the rest of the file is looked at."""
    path = write("t.jsonl", "".join(line(id=number) for number in range(3000)))
    tickets: Iterator[Inbound | TicketError] = read_tickets(path)
    first = next(tickets)
    path.write_text(line(id="changed") * 2)
    assert isinstance(first, Inbound)
    assert sum(1 for _ in tickets) < 3000


def test_lines_dropped_after_their_file_was_closed_say_nothing(write: Write) -> None:
    """A reader that fails may close the file first; what was left of the lines ends quietly."""
    path = write("t.jsonl", (line() * 3).encode("utf-16"))
    with path.open("rb") as file:
        lines = read_lines(file)
        assert next(lines).number == 1
    assert isinstance(lines, Generator)
    lines.close()


@given(content=st.binary(max_size=300), name=st.sampled_from(["t.jsonl", "t.json", "t.csv"]))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bytes_are_a_traceback(tmp_path: Path, content: bytes, name: str) -> None:
    """Whatever a file holds, it gives tickets and errors of ours."""
    path = tmp_path / name
    path.write_bytes(content)
    try:
        items = read(path)
    except InputError:
        items = []
    assert all(isinstance(item, Inbound | TicketError) for item in items)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from([*FIELDS, "txt", "author"])


@given(st.dictionaries(NAMES, JSON, max_size=9))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_is_a_traceback(tmp_path: Path, fields: dict[str, Any]) -> None:
    """Fields of any kind give a ticket or an error with its line."""
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps(fields) + "\n")
    item = only(path)
    assert isinstance(item, Inbound) or item.place.line == 1
