"""`firstline kb`: the knowledge base — bring it up to date, list it, try a question."""

from __future__ import annotations

from typing import Annotated

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import bars, err, flat, out, print_json


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The knowledge base.", no_args_is_help=True)
    group.command()(sync)
    group.command(name="list")(list_documents)
    group.command()(search)
    app.add_typer(group, name="kb")


def sync(workspace: Folder = HERE, json: Json = False) -> None:
    """Read changed articles, drop deleted ones; say what changed."""
    from firstline.desk import open_desk
    from firstline.desk.recall import Recalls
    from firstline.store import TicketStore

    with bars() as progress, open_desk(workspace, progress=progress, with_models=False) as desk:
        report, problems = desk.opened.synced, desk.opened.problems
        hit = Recalls(desk.opened, TicketStore(desk.engine)).affected()
    counts = {
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "passages": report.passages,
    }
    if json:
        affected = {"sent": hit.sent, "drafts": hit.drafts}
        told = [str(problem) for problem in problems]
        print_json({**counts, "affected": affected, "problems": told})
    else:
        out.print("  ".join(f"{name} {count}" for name, count in counts.items()))
        if hit.sent or hit.drafts:
            out.print(
                f"{hit.sent} sent answers and {hit.drafts} drafts rest on what has changed; "
                "firstline recall lists them",
                markup=False,
            )
        for problem in problems:
            err.print(f"error: {flat(problem)}", style="red", markup=False)
    if problems:
        raise typer.Exit(1)


def list_documents(workspace: Folder = HERE, json: Json = False) -> None:
    """List the documents with their audience and age."""
    from firstline.desk import open_desk

    with open_desk(workspace, with_models=False) as desk:
        documents = desk.opened.parts.knowledge.documents()
    if json:
        print_json(
            [
                {
                    "id": item.id,
                    "title": item.title,
                    "audience": item.audience,
                    "updated": item.updated.isoformat() if item.updated else None,
                    "superseded_by": item.superseded_by,
                    "version": item.version,
                }
                for item in documents
            ]
        )
        return
    for item in documents:
        age = item.updated.isoformat() if item.updated else "no date"
        note = f"  superseded by {item.superseded_by}" if item.superseded_by else ""
        out.print(flat(f"{item.audience:<8} {age:<10} {item.id}  {item.title}{note}"), markup=False)


def search(
    query: Annotated[str, typer.Argument(help="A customer's question.")],
    workspace: Folder = HERE,
    k: Annotated[int, typer.Option(min=1, max=50, help="How many passages.")] = 5,
    json: Json = False,
) -> None:
    """Show what the knowledge base holds about a question."""
    from firstline.desk import open_desk

    with open_desk(workspace, with_models=False) as desk:
        found = desk.search(query, k=k)
    if json:
        print_json(
            {
                "answerable": round(found.answerable, 4),
                "passages": [
                    {
                        "id": hit.passage.id,
                        "title": hit.passage.title,
                        "score": round(hit.score, 4),
                        "text": hit.passage.text,
                    }
                    for hit in found.hits
                ],
            }
        )
        return
    out.print(f"answerable {found.answerable:.2f}")
    for hit in found.hits:
        out.print(f"\n[bold]{hit.score:.3f}[/]  {hit.passage.id}", highlight=False)
        out.print(flat(f"{hit.passage.title}\n{hit.passage.text}"), markup=False)
