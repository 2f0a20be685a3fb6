"""Tokens of the prompts that Acme's tickets would be asked with: how many, and who counted.

With ANTHROPIC_API_KEY set the API counts (free of charge); without it the approximate counter
does, whose error on recorded exchanges stands in docs/prompts.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from firstline.claude.availability import counted
from firstline.claude.calls import Question
from firstline.claude.prompts import Prompts, Rendered
from firstline.claude.registry import load_registry, roles
from firstline.claude.specs import ModelSpec
from firstline.desk import Desk, open_desk
from firstline.pipeline.asking import first_writer
from firstline.pipeline.flow import prepare
from firstline.pipeline.intake import intake
from firstline.pipeline.models import Models
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.writer import assignment_of
from firstline.records import Inbound, Ticket
from firstline.testing.nobody import Nobody
from firstline.workspace.models import ModelSettings

ACME = Path(__file__).resolve().parents[1] / "examples" / "acme"
ASKED = 1_000


async def prompts_of(
    desk: Desk, settings: ModelSettings
) -> list[tuple[Question, Rendered, ModelSpec]]:
    """Return the first question of every ticket that a model would be asked to write about."""
    registry = load_registry(settings)
    chosen = roles(settings, registry, desk.opened.parts.now().date())
    models = Models(
        asker=Nobody(), registry=registry, roles=chosen, prompts=Prompts.of(desk.workspace)
    )
    parts = replace(desk.opened.parts, models=models)
    found = []
    for line in (ACME / "tickets.jsonl").read_text(encoding="utf-8").splitlines():
        ticket = as_ticket(json.loads(line), desk)
        prepared = await prepare(ticket, parts)
        if not isinstance(prepared, Prepared) or not prepared.wanted:
            continue
        writer = first_writer(ticket, prepared, parts)
        given = assignment_of(ticket, prepared.route, prepared.context, parts.workspace)
        prompt = writer.rendered(given)
        found.append((writer.question(given, prompt), prompt, writer.spec))
    return found


def as_ticket(row: dict[str, str], desk: Desk) -> Ticket:
    """Return a line of tickets as a ticket."""
    inbound = Inbound(
        external_id=row["id"],
        text=row["text"],
        subject=row.get("subject", ""),
        customer=row.get("customer"),
        verified=row.get("customer") is not None,
        channel="chat",
    )
    return intake(inbound, inbox="tokens", now=desk.opened.parts.now(), own_addresses=())


def main() -> None:
    """Print the median for both profiles' writers."""
    settings = ModelSettings(provider="anthropic")
    by_api = bool(os.environ.get("ANTHROPIC_API_KEY"))
    who = "count_tokens" if by_api else "the approximate counter"
    print(f"| input tokens a question, by {who} | asked | median | largest | questions |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "acme"
        shutil.copytree(ACME, folder, ignore=shutil.ignore_patterns(".firstline"))
        for profile in ("5.5", "4.5"):
            with open_desk(folder, with_models=False) as desk:
                settings = replace(settings, profile=profile)
                asked = asyncio.run(prompts_of(desk, settings))
                sizes = (
                    counted([(question, spec) for question, _, spec in asked], settings)
                    if by_api
                    else [prompt.tokens + prompt.schema_tokens for _, prompt, _ in asked]
                )
            print(
                f"| profile {profile} | <= {ASKED:,} | **{statistics.median(sizes):.0f}** | "
                f"{max(sizes)} | {len(sizes)} |"
            )


if __name__ == "__main__":
    main()
