"""How many tokens Acme's tickets cost that reach a model, with real routes and evidence."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from firstline.channels.tickets import TicketFile
from firstline.claude.prompts import Prompts, Rendered
from firstline.desk.build import make_data_folder, open_company
from firstline.errors import TicketError
from firstline.pipeline.context import context_stage
from firstline.pipeline.intake import intake
from firstline.pipeline.parts import Parts
from firstline.pipeline.route import route_stage
from firstline.records import Context, Route, Ticket
from firstline.workspace import load
from tests.claude.acme import FOLDER

FACTOR = 1.3
"""Of the 5.5 models, whose tokenizer makes the most of a text."""
BUDGET = 1_000
Considered = tuple[Ticket, Route, Context]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Parts:
    """Return Acme, opened."""
    folder = tmp_path_factory.mktemp("budget") / "acme"
    shutil.copytree(ready_acme, folder)
    workspace = load(folder)
    make_data_folder(workspace)
    return open_company(workspace).parts


@pytest.fixture(scope="module")
def considered(parts: Parts) -> list[Considered]:
    """Return the tickets that a model may be asked about, with route and evidence.

    That is all for which there is evidence and which the route does not reserve for a person or
    answer from a rule or record.
    """
    return list(_considered(parts))


def _considered(parts: Parts) -> Iterator[Considered]:
    now = datetime(2026, 5, 11, tzinfo=UTC)
    for found in TicketFile(FOLDER / "tickets.jsonl"):
        if isinstance(found, TicketError):
            continue
        ticket = intake(found, inbox="acme", now=now)
        route = asyncio.run(route_stage(ticket, parts=parts))
        if route.handler in ("quote", "model") and not route.signals:
            context = asyncio.run(context_stage(ticket, route, parts=parts))
            yield ticket, route, context


def rendered(considered: list[Considered], parts: Parts, budget: int) -> list[Rendered]:
    """Return the writers' prompts."""
    prompts = Prompts.of(parts.workspace)
    return [
        prompts.write(
            ticket,
            route,
            context,
            parts.workspace.intent(route.intent),
            budget=budget,
            factor=FACTOR,
        )
        for ticket, route, context in considered
    ]


def test_the_median_input_is_within_the_budget(
    considered: list[Considered], parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    """System, guide, evidence, message and schema: 1,000 tokens at most in the median."""
    found = rendered(considered, parts, BUDGET)
    texts = median(prompt.tokens for prompt in found)
    whole = median(prompt.tokens + prompt.schema_tokens for prompt in found)
    with capsys.disabled():
        print(f"\n{len(found)} prompts: median {texts:.0f} tokens, {whole:.0f} with the schema")  # noqa: T201 - a figure that documents quote
    assert len(found) >= 20
    assert whole <= BUDGET
    assert max(prompt.tokens for prompt in found) <= BUDGET


def test_the_stable_part_leaves_room_for_evidence(parts: Parts) -> None:
    """No guide makes the system part longer than a third of the budget, nearly."""
    prompts = Prompts.of(parts.workspace)
    for guide in parts.workspace.prompts.guides:
        size = prompts.system_tokens(guide, FACTOR)
        assert size <= 370, guide


def test_no_evidence_is_left_out_where_there_is_room(
    considered: list[Considered], parts: Parts
) -> None:
    """Twice the budget shows every passage that search found, so the strong writer has them."""
    for prompt, (_, _, context) in zip(
        rendered(considered, parts, 2 * BUDGET), considered, strict=True
    ):
        found = {item.id for item in context.evidence if item.kind == "passage"}
        assert found <= set(prompt.included)
