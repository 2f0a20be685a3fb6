"""Labelling: files with their mistakes, drafts shown blind, planted ones nobody can tell apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.builders import NOON, a_draft, a_quote
from tests.desk.trust_world import IN_USE, World, an_answer, draw_all, label_all, populate

from firstline.desk.basis import made_under
from firstline.desk.label_files import LabelFileError, exported, read_labels
from firstline.desk.labelling import add, agreement, draw, next_shown, plant, settle
from firstline.desk.planting import caught, is_good, spoil
from firstline.errors import InputError
from firstline.records import Draft, Finding, Sentence, TicketId
from firstline.store import open_database
from firstline.store.answered import external_ids
from firstline.store.labels import LabelLedger
from firstline.store.samples import SampleBook

UNDER = made_under(IN_USE)
COUNT = 30


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """Return an empty database of the quick kind; the store's own tests use both."""
    opened = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def world(engine: sa.Engine) -> World:
    """Return a company with some drafts."""
    return populate(engine, COUNT)


def write(folder: Path, *lines: str, name: str = "labels.jsonl") -> Path:
    """Write a file of labels."""
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_file_of_labels_is_read(engine: sa.Engine, world: World, tmp_path: Path) -> None:
    """JSONL under either name of the ticket, in any of the words, with all that may stand there."""
    del world
    path = write(
        tmp_path,
        '{"ticket": "t1", "label": "right"}',
        "",
        '{"id": "t2", "label": "WRONG", "by": "bo", "reason": "wrong plan", "inclusion": 0.25}',
        '{"id": "t3", "label": "unsure", "more": 1}',
    )
    read = read_labels(path, engine, by="ann")
    assert [(one.ticket, one.wrong, one.by) for one in read.labels] == [
        ("t1", False, "ann"),
        ("t2", True, "bo"),
        ("t3", None, "ann"),
    ]
    assert [one.inclusion for one in read.labels] == [None, 0.25, None]
    assert read.labels[1].reason == "wrong plan"
    assert read.without_inclusion == 2
    assert all(one.kind == "import" and one.blind for one in read.labels)


def test_a_table_of_labels_is_read(engine: sa.Engine, world: World, tmp_path: Path) -> None:
    """CSV with a header; what is empty is not said."""
    del world
    path = write(
        tmp_path, "Ticket,Label,by,inclusion", "t1,right,bo,0.5", "t2,bad,,", name="labels.csv"
    )
    read = read_labels(path, engine, by="ann")
    assert [(one.wrong, one.by, one.inclusion) for one in read.labels] == [
        (False, "bo", 0.5),
        (True, "ann", None),
    ]


MISTAKES = {
    "{broken": "no JSON object",
    '["t1"]': "no JSON object",
    '{"label": "right"}': "names no ticket",
    '{"ticket": "t1"}': "none of right, wrong and unclear",
    '{"ticket": "t1", "label": "so so"}': "none of right",
    '{"ticket": "t999", "label": "right"}': "no such ticket",
    '{"ticket": "t1", "label": "right", "inclusion": 0}': "inclusion",
    '{"ticket": "t1", "label": "right", "inclusion": "often"}': "inclusion",
    '{"ticket": "t1", "label": "right", "inclusion": true}': "inclusion",
    '{"ticket": "t1", "label": "right", "by": 7}': "by",
    '{"ticket": "t1", "label": "right", "reason": "' + "x" * 2_001 + '"}': "reason",
}


def test_every_mistake_is_named_by_its_line(
    engine: sa.Engine, world: World, tmp_path: Path
) -> None:
    """All at once, and nothing of the file is taken."""
    del world
    path = write(tmp_path, '{"ticket": "t1", "label": "right"}', *MISTAKES)
    with pytest.raises(LabelFileError) as found:
        read_labels(path, engine, by="ann")
    assert len(found.value.errors) == len(MISTAKES)
    for line, (error, said) in enumerate(
        zip(found.value.errors, MISTAKES.values(), strict=True), start=2
    ):
        assert f"labels.jsonl:{line}" in str(error)
        assert said in str(error)


def test_files_without_labels_are_refused(engine: sa.Engine, tmp_path: Path) -> None:
    """Empty, missing, no text, broken table: each with the file's name."""
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    for path in (
        write(tmp_path, "", name="empty.jsonl"),
        tmp_path / "missing.jsonl",
        tmp_path / "bytes.jsonl",
        write(tmp_path, 'ticket,label\nt1,"right', name="broken.csv"),
    ):
        with pytest.raises(InputError, match=path.name):
            read_labels(path, engine, by="ann")


def test_repeats_count_once_and_contradictions_are_kept(
    engine: sa.Engine, world: World, tmp_path: Path
) -> None:
    """Both are named by their lines; who says both is not believed either way."""
    del world
    path = write(
        tmp_path,
        '{"ticket": "t1", "label": "right"}',
        '{"ticket": "t1", "label": "right"}',
        '{"ticket": "t1", "label": "wrong"}',
        '{"ticket": "t2", "label": "right", "by": "ann"}',
        '{"ticket": "t2", "label": "wrong", "by": "bo"}',
        '{"ticket": "t3", "label": "unclear"}',
        '{"ticket": "t3", "label": "right", "by": "bo"}',
    )
    read = read_labels(path, engine, by="me")
    assert read.duplicates == ((2, 1),)
    assert read.contradictions == ((3, 1), (5, 4))
    ledger = LabelLedger(engine)
    ledger.add(read.labels, now=NOON)
    assert {one.wrong for one in ledger.last() if one.ticket == "t1"} == {True, False}
    assert set(ledger.add(read.labels, now=NOON)) == {"repeat"}


def test_labels_go_out_as_they_came_in(engine: sa.Engine, world: World, tmp_path: Path) -> None:
    """An export can be imported elsewhere; planted ones are not in it."""
    draw_all(engine, world.tickets)
    label_all(engine, dict(list(world.wrong.items())[:5]))
    lines = list(exported(LabelLedger(engine), external_ids(engine)))
    assert len(lines) == 5
    path = write(tmp_path, *(json.dumps(one) for one in lines))
    read = read_labels(path, engine, by="nobody")
    assert {(one.ticket, one.wrong, one.by) for one in read.labels} == {
        (ticket, world.wrong[ticket], "ann") for ticket in world.tickets[:5]
    }


def test_only_drafts_of_what_is_in_use_are_drawn(engine: sa.Engine, world: World) -> None:
    """Others certify nothing, so nobody's time is spent on them."""
    populate(engine, 10, basis=replace(IN_USE, prompts="old"), prefix="o")
    drawn = draw(engine, UNDER, rate=1.0, by="lead", now=NOON)
    assert drawn.population == COUNT
    assert {one.ticket for one in SampleBook(engine).items()} == set(world.tickets)
    with pytest.raises(InputError, match="No draft"):
        draw(engine, made_under(replace(IN_USE, prompts="new")), rate=1.0, by="lead", now=NOON)


@pytest.mark.parametrize(
    ("rate", "count"), [(None, None), (0.1, 5), (0.0, None), (1.5, None), (None, 0)]
)
def test_a_draw_that_makes_no_sense_is_refused(
    engine: sa.Engine, world: World, rate: float | None, count: int | None
) -> None:
    """Either a share or a number, and one that draws something."""
    del world
    with pytest.raises(InputError):
        draw(engine, UNDER, rate=rate, count=count, by="lead", now=NOON)


def test_a_reviewer_sees_the_draft_and_nothing_else(engine: sa.Engine, world: World) -> None:
    """Message, reply and what it rests on; once labelled the next one comes, until none is left."""
    draw_all(engine, world.tickets[:3])
    seen = []
    for left in (3, 2, 1):
        shown = next_shown(engine, by="ann")
        assert shown is not None
        assert shown.left == left
        assert not {"verdict", "score", "findings"} & set(type(shown).__slots__)
        assert [one.id for one in shown.evidence] == ["export-csv#1"]
        seen.append(shown.ticket.id)
        add(engine, shown.item, False, by="ann", reason="", now=NOON)
    assert sorted(seen) == sorted(world.tickets[:3])
    assert next_shown(engine, by="ann") is None
    assert next_shown(engine, by="bo") is None
    again = next_shown(engine, by="bo", again=True)
    assert again is not None
    assert again.left == 3
    assert next_shown(engine, by="ann", again=True) is None


def test_only_names_that_were_shown_make_blind_labels(engine: sa.Engine, world: World) -> None:
    """Whoever knows the ticket's id may have seen what became of it."""
    draw_all(engine, world.tickets)
    shown = next_shown(engine, by="ann")
    assert shown is not None
    assert add(engine, shown.item, False, by="ann", reason="fine", now=NOON) == "new"
    assert add(engine, "t5", True, by="ann", reason="", now=NOON) == "new"
    blind = {one.ticket: one.blind for one in LabelLedger(engine).last()}
    assert blind == {shown.ticket.id: True, "t5": False}
    with pytest.raises(InputError, match="no draft"):
        add(engine, "nobody", True, by="ann", reason="", now=NOON)


def test_drafts_of_before_a_change_are_not_shown(engine: sa.Engine, world: World) -> None:
    """After a new draw only drafts made like those are worth labelling."""
    draw_all(engine, world.tickets)
    new = populate(engine, 4, basis=replace(IN_USE, prompts="p2"), prefix="n")
    draw_all(engine, new.tickets, now=NOON.replace(hour=15))
    shown = next_shown(engine, by="ann")
    assert shown is not None
    assert shown.left == 4
    assert shown.ticket.id in new.tickets


def test_a_settlement_needs_something_to_settle(engine: sa.Engine, world: World) -> None:
    """It is kept beside what was said, and marked."""
    draw_all(engine, world.tickets)
    with pytest.raises(InputError, match="Nobody"):
        settle(engine, "t1", False, by="lead", reason="", now=NOON)
    label_all(engine, {TicketId("t1"): True})
    settle(engine, "t1", False, by="lead", reason="the plan is right", now=NOON)
    said = [(one.by, one.wrong, one.settles) for one in LabelLedger(engine).of(TicketId("t1"))]
    assert sorted(said) == [("ann", True, False), ("lead", False, True)]


def test_people_who_label_the_same_are_compared(engine: sa.Engine, world: World) -> None:
    """Kappa of the pair, alpha of all; a settlement is nobody's opinion."""
    draw_all(engine, world.tickets)
    label_all(engine, world.wrong)
    label_all(engine, world.wrong, by="bo")
    settle(engine, "t1", True, by="lead", reason="", now=NOON)
    two, everybody = agreement(engine)
    assert [(one.who, one.count, one.observed) for one in two] == [(("ann", "bo"), COUNT, 1.0)]
    assert everybody.who == ("ann", "bo")


GOOD = an_answer("g", 0.9)


@pytest.mark.parametrize(
    ("text", "change", "spoilt"),
    [
        ("You have 14 days.", "number", "You have 41 days."),
        ("It takes 30 minutes.", "number", "It takes 37 minutes."),
        ("Up to 7 boards.", "number", "Up to 9 boards."),
        ("1. Open the menu, and wait 12 seconds.", "number", "1. Open the menu, and wait 21 sec"),
        ("Guests can export a board.", "negation", "Guests cannot export a board."),
        ("A board is not deleted.", "negation", "A board is deleted."),
        ("See https://help.acme.example/14 as it is now.", "negation", "as it is not now"),
        ("Open the menu.", "another_answer", "Something else entirely."),
    ],
)
def test_a_good_draft_is_made_certainly_wrong(text: str, change: str, spoilt: str) -> None:
    """Another number, the opposite, or the answer to something else."""
    answer = replace(GOOD, draft=a_draft(a_quote(text)))
    planted = spoil(answer, a_draft(a_quote("Something else entirely.")))
    assert planted is not None
    assert planted.change == change
    assert spoilt in planted.spoilt.text
    assert answer.draft.text == text


def test_what_cannot_be_spoilt_is_left_alone() -> None:
    """Courtesies carry no fact, and an answer is no other answer than itself."""
    polite = Sentence(text="You are welcome 24 hours a day.", kind="courtesy")
    answer = replace(GOOD, draft=a_draft(polite))
    assert spoil(answer) is None
    assert spoil(answer, answer.draft) is None


def test_only_drafts_that_pass_every_check_are_good() -> None:
    """A draft that a check doubts may be wrong already."""
    assert is_good(GOOD)
    doubt = Finding(check="tone", result="warn", detail="")
    assert not is_good(replace(GOOD, findings=(*GOOD.findings, doubt)))
    assert not is_good(replace(GOOD, findings=()))
    assert not is_good(replace(GOOD, draft=Draft(action="escalate", reason="")))


def test_planted_drafts_show_who_looks(engine: sa.Engine, world: World) -> None:
    """They come among the others, count for nobody's certificate, and are counted by reviewer."""
    draw_all(engine, world.tickets[:10])
    assert plant(engine, UNDER, count=5, by="lead", now=NOON) == 5
    planted = {one.item: one for one in SampleBook(engine).plants()}
    assert not {one.ticket for one in planted.values()} & set(world.tickets[:10])
    order: list[bool] = []
    for _ in range(15):
        shown = next_shown(engine, by="ann")
        assert shown is not None
        spoilt = shown.item in planted
        order.append(spoilt)
        if spoilt:
            assert "14 days" not in shown.draft.text
        says = True if spoilt and sum(order) <= 3 else None if sum(order) == 4 else False
        add(engine, shown.item, says if spoilt else False, by="ann", reason="", now=NOON)
    assert next_shown(engine, by="ann") is None
    assert sum(order) == 5
    assert order != sorted(order)
    labels = LabelLedger(engine).last("planted")
    (ann,) = caught(list(planted.values()), labels)
    assert (ann.by, ann.shown, ann.caught, ann.missed, ann.unclear) == ("ann", 5, 3, 1, 1)
    assert ann.share == 3 / 5
    assert not {one["ticket"] for one in exported(LabelLedger(engine), {})} - set(
        world.tickets[:10]
    )
    shown = next_shown(engine, by="bo")
    assert shown is not None
    assert shown.left == 5


def test_there_are_no_more_plants_than_good_drafts(engine: sa.Engine, world: World) -> None:
    """Drafts that were drawn, planted or called wrong are left alone."""
    draw_all(engine, world.tickets[:10])
    label_all(engine, dict.fromkeys(world.tickets[10:14], True))
    assert plant(engine, UNDER, count=100, by="lead", now=NOON) == COUNT - 14
    assert plant(engine, UNDER, count=100, by="lead", now=NOON) == 0
