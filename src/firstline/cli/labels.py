"""`firstline labels`: draw drafts by lot, label them blind, see how far to believe the labels."""

from __future__ import annotations

import getpass
import json as json_format
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import bars, err, flat, out, print_json

if TYPE_CHECKING:
    from firstline.desk.label_files import LabelFile
    from firstline.desk.labelling import Shown
    from firstline.trust.agreement import Agreement

By = Annotated[str | None, typer.Option(help="Who says so; you, if not given.")]
Name = Annotated[str, typer.Argument(metavar="ID", help="The name `next` showed, or a ticket.")]
Said = Annotated[
    Literal["right", "wrong", "unclear"], typer.Argument(help="What the reply is worth.")
]
Why = Annotated[str, typer.Option("--reason", help="Why, for whoever reads it later.")]
WRONG = {"right": False, "wrong": True, "unclear": None}
EXCERPT = 800
"""Characters shown of a piece of evidence."""
NAMED_LINES = 10


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Draw drafts by lot and label them, blind.", no_args_is_help=True)
    app.add_typer(group, name="labels")
    _drawing(group)
    _labelling(group)
    _files(group)


def _drawing(group: typer.Typer) -> None:
    @group.command()
    def sample(
        *,
        workspace: Folder = HERE,
        rate: Annotated[float | None, typer.Option(help="Share of the drafts: 0.1")] = None,
        count: Annotated[int | None, typer.Option(help="Or how many more.")] = None,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Draw drafts at random, whatever became of them."""
        from firstline.desk.labelling import draw
        from firstline.desk.trust_open import open_trust

        now = datetime.now(UTC)
        with bars() as progress, open_trust(workspace, now, progress) as company:
            drawn = draw(company.engine, company.under, rate=rate, count=count, by=_me(by), now=now)
        if json:
            print_json(
                {
                    "population": drawn.population,
                    "drawn": drawn.new,
                    "drawn_before": drawn.known,
                    "inclusion": drawn.inclusion,
                }
            )
            return
        before = f"; {drawn.known} were drawn before" if drawn.known else ""
        out.print(
            f"Drew {drawn.new} of {drawn.population} drafts, each with probability "
            f"{drawn.inclusion:.3g}{before}."
        )

    @group.command()
    def plant(
        *,
        count: Annotated[int, typer.Option(min=1, help="How many.")],
        workspace: Folder = HERE,
        by: By = None,
    ) -> None:
        """Put spoilt drafts among the drawn ones, to see whether reviewers look."""
        from firstline.desk.labelling import plant as plant_some
        from firstline.desk.trust_open import open_trust

        now = datetime.now(UTC)
        with bars() as progress, open_trust(workspace, now, progress) as company:
            planted = plant_some(company.engine, company.under, count=count, by=_me(by), now=now)
        less = "" if planted == count else ": there are no more good drafts that were not drawn"
        out.print(f"Planted {planted} spoilt drafts{less}.")

    @group.command()
    def plants(*, workspace: Folder = HERE, json: Json = False) -> None:
        """Show how many spoilt drafts each reviewer caught."""
        from firstline.desk.planting import caught
        from firstline.desk.trust_open import open_labels
        from firstline.store.labels import LabelLedger
        from firstline.store.samples import SampleBook

        with open_labels(workspace) as (_, engine):
            planted = SampleBook(engine).plants()
            found = caught(planted, LabelLedger(engine).last("planted"))
        if json:
            print_json(
                {
                    "planted": len(planted),
                    "reviewers": [
                        {
                            "by": one.by,
                            "shown": one.shown,
                            "caught": one.caught,
                            "missed": one.missed,
                            "unclear": one.unclear,
                            "share": one.share,
                        }
                        for one in found
                    ],
                }
            )
            return
        out.print(f"{len(planted)} spoilt drafts are planted.")
        for one in found:
            line = (
                f"{one.by}: {one.caught} of {one.shown} caught ({one.share:.0%}), "
                f"{one.missed} called right, {one.unclear} unclear"
            )
            out.print(flat(line), markup=False)
        if not found:
            out.print("Nobody has labelled one yet.")


def _labelling(group: typer.Typer) -> None:
    @group.command(name="next")
    def next_(
        *,
        workspace: Folder = HERE,
        by: By = None,
        again: Annotated[
            bool, typer.Option("--again", help="What others have labelled, to compare.")
        ] = False,
        json: Json = False,
    ) -> None:
        """Show the next draft to label, without verdict, score or findings."""
        from firstline.desk.labelling import next_shown
        from firstline.desk.trust_open import open_labels

        with open_labels(workspace) as (_, engine):
            shown = next_shown(engine, by=_me(by), again=again)
        if json:
            print_json(None if shown is None else _record(shown))
        elif shown is None:
            out.print("Nothing is left to label. `firstline labels sample` draws more.")
        else:
            _show(shown)

    @group.command()
    def add(
        name: Name, said: Said, *, workspace: Folder = HERE, reason: Why = "", by: By = None
    ) -> None:
        """Label a draft."""
        from firstline.desk.labelling import add as write
        from firstline.desk.trust_open import open_labels

        with open_labels(workspace) as (_, engine):
            added = write(
                engine, name, WRONG[said], by=_me(by), reason=reason, now=datetime.now(UTC)
            )
        again = " (you said so before)" if added == "repeat" else ""
        out.print(flat(f"{name}: {said}{again}"), markup=False)

    @group.command()
    def settle(
        name: Name, said: Said, *, workspace: Folder = HERE, reason: Why = "", by: By = None
    ) -> None:
        """End a disagreement: this label counts instead of all others."""
        from firstline.desk.labelling import settle as write
        from firstline.desk.trust_open import open_labels

        with open_labels(workspace) as (_, engine):
            write(engine, name, WRONG[said], by=_me(by), reason=reason, now=datetime.now(UTC))
        out.print(flat(f"{name}: settled as {said}"), markup=False)

    @group.command()
    def agreement(*, workspace: Folder = HERE, json: Json = False) -> None:
        """Show how far people agree who labelled the same drafts."""
        from firstline.desk.labelling import agreement as measure
        from firstline.desk.trust_open import open_labels

        with open_labels(workspace) as (_, engine):
            two, all_ = measure(engine)
        if json:
            print_json({"pairs": [_agreed(one) for one in two], "together": _agreed(all_)})
            return
        if not two:
            out.print("No draft was labelled by two people. `labels next --again` shows some.")
            return
        for one in two:
            out.print(flat(f"{' and '.join(one.who)}: {_worth('kappa', one)}"), markup=False)
        out.print(f"all {len(all_.who)}: {_worth('alpha', all_)}", markup=False)


def _files(group: typer.Typer) -> None:
    @group.command(name="import")
    def import_(
        file: Annotated[Path, typer.Argument(help="JSONL or CSV, one label a line.")],
        *,
        workspace: Folder = HERE,
        by: By = None,
        json: Json = False,
    ) -> None:
        """Read labels: `{"ticket" or "id", "label", "by"?, "reason"?, "inclusion"?}`."""
        from firstline.desk.label_files import read_labels
        from firstline.desk.trust_open import open_labels
        from firstline.store.labels import LabelLedger

        with open_labels(workspace) as (_, engine):
            read = read_labels(file, engine, by=_me(by))
            added = Counter(LabelLedger(engine).add(read.labels, now=datetime.now(UTC)))
        if json:
            print_json(
                {
                    "new": added["new"],
                    "known": added["repeat"],
                    "duplicates": [list(pair) for pair in read.duplicates],
                    "contradictions": [list(pair) for pair in read.contradictions],
                    "without_inclusion": read.without_inclusion,
                }
            )
            return
        known = f", {added['repeat']} were known" if added["repeat"] else ""
        out.print(f"{added['new']} new labels{known}.")
        _remarks(read)

    @group.command()
    def export(
        *,
        workspace: Folder = HERE,
        file: Annotated[
            Path | None, typer.Option("--out", help="Where to; else to the screen.")
        ] = None,
    ) -> None:
        """Write every label as a line of JSON; of planted drafts none."""
        from firstline.desk.label_files import exported
        from firstline.desk.results import replaced
        from firstline.desk.trust_open import open_labels
        from firstline.store.answered import external_ids
        from firstline.store.labels import LabelLedger

        with open_labels(workspace) as (_, engine):
            lines = [
                json_format.dumps(one, ensure_ascii=False) + "\n"
                for one in exported(LabelLedger(engine), external_ids(engine))
            ]
        if file is None:
            out.file.writelines(lines)
            return
        with replaced(file) as target:
            target.writelines(lines)
        err.print(f"{len(lines)} labels written.")


def _me(by: str | None) -> str:
    return by or getpass.getuser()


def _remarks(read: LabelFile) -> None:
    def lines(pairs: Sequence[tuple[int, int]]) -> str:
        shown = ", ".join(f"line {line} and line {first}" for line, first in pairs[:NAMED_LINES])
        return shown + (f" and {len(pairs) - NAMED_LINES} more" if pairs[NAMED_LINES:] else "")

    if read.duplicates:
        out.print(
            f"{len(read.duplicates)} say the same twice and count once: {lines(read.duplicates)}."
        )
    if read.contradictions:
        out.print(
            f"{len(read.contradictions)} contradict each other: {lines(read.contradictions)}. "
            "There is no certificate before somebody has settled them: "
            "`firstline labels settle ID right|wrong`."
        )
    if read.several:
        out.print(f"{read.several} ids stand in several runs; the newest run is meant.")
    if read.without_inclusion:
        out.print(
            f"{read.without_inclusion} name no inclusion probability: they are taken for a "
            "complete or an even sample. Unless drawn by `labels sample`, write `inclusion`."
        )


def _record(shown: Shown) -> dict[str, Any]:
    ticket = shown.ticket
    return {
        "item": shown.item,
        "channel": ticket.channel,
        "language": ticket.language.code,
        "subject": ticket.subject,
        "message": ticket.text,
        "history": [{"author": one.author, "text": one.text} for one in ticket.history],
        "reply": shown.draft.text,
        "evidence": [
            {
                "kind": one.kind,
                "source": one.source,
                "text": one.text,
                "fields": dict(one.fields),
            }
            for one in shown.evidence
        ],
        "left": shown.left,
    }


def _show(shown: Shown) -> None:
    ticket = shown.ticket
    out.print(f"[bold]{shown.item}[/]  {ticket.channel}, {ticket.language.code}, {shown.left} left")
    if ticket.subject:
        out.print(flat(ticket.subject), markup=False, style="bold")
    out.print(flat(ticket.text), markup=False)
    out.print("\n[cyan]reply[/]")
    out.print(flat(shown.draft.text), markup=False)
    for one in shown.evidence:
        out.print(f"\n[cyan]{one.kind}[/] ", end="")
        out.print(flat(one.title or one.source), markup=False)
        said = one.text[:EXCERPT] + ("…" if len(one.text) > EXCERPT else "")
        lines = [said, *(f"{path}: {value}" for path, value in one.fields)]
        out.print(flat("\n".join(line for line in lines if line)), markup=False, style="dim")
    out.print(f"\nfirstline labels add {shown.item} right|wrong|unclear --reason …", markup=False)


def _agreed(one: Agreement) -> dict[str, Any]:
    return {
        "who": list(one.who),
        "n": one.count,
        "observed": one.observed,
        "value": one.value,
    }


def _worth(measure: str, one: Agreement) -> str:
    if one.observed is None:
        return "nothing in common"
    value = "not defined, all labels are alike" if one.value is None else f"{one.value:.2f}"
    return f"{measure} {value}, the same said of {one.observed:.0%} (n = {one.count})"
