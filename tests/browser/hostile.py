"""A company in which everything that anybody wrote tries to become a part of the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from tests.builders import NOON
from tests.desk.small_company import INTENTS, make_company
from tests.web.conftest import Served, running

from firstline.desk import Desk, open_desk
from firstline.pipeline.record import stage_bodies
from firstline.records import Attachment, Inbound, Message, TicketId
from firstline.store import Inbox, TicketStore
from firstline.web.opening import open_site

HURT = ".hurt, img[src='x'], [onerror], [onfocus], [onclick], a[href^='javascript' i]"
"""What no page has unless somebody got it in."""


def probe(where: str) -> str:
    """Return text that, taken for markup in one of the usual ways, leaves a trace."""
    return (
        f"probe-{where} \"'> </script></title></textarea> <b class=hurt>{where}</b> "
        f"<img src=x onerror=\"window.hurt='{where}'\"> <script>window.hurt='{where}'</script> "
        f"{{{{ 7 * 7 }}}} {{% raw %}} javascript:window.hurt='{where}'//"
    )


def short(where: str) -> str:
    """Return the same for where only a line fits."""
    return f"probe-{where} \"'><b class=hurt>{where}</b><img src=x onerror=window.hurt=1>"


MARKS = ("text", "subject", "customer", "article", "passage", "intent", "attachment", "external",
         "earlier", "company", "file", "plan")  # fmt: skip
"""What the company's probes say of themselves; each must be seen somewhere."""


@contextmanager
def hostile_site(folder: Path) -> Iterator[Served]:
    """Serve the company."""
    write_company(make_company(folder))
    with open_desk(folder) as desk:
        asyncio.run(fill(desk))
        with running(site := open_site(desk)) as url:
            serving = Served(url=url, site=site)
            yield serving
            serving.close()


def write_company(folder: Path) -> None:
    """Put probes into everything that the company itself writes."""
    toml = f"[company]\nname = {json.dumps(short('company'))}\n"
    toml += '[customers]\nfile = "customers.json"\n'
    (folder / "firstline.toml").write_text(toml, encoding="utf-8")
    record = {"id": "c1", "email": "mia@b.example", "name": short("customer")}
    customers = [record | {"plan": short("plan")}]
    (folder / "customers.json").write_text(json.dumps(customers), encoding="utf-8")
    intents = yaml.safe_load(INTENTS)["intents"]
    intents[short("intent")[:80]] = intents.pop("export_data")
    intents["my_plan"] |= {"needs": ["plan", "name"]}
    text = yaml.safe_dump({"intents": intents}, allow_unicode=True, width=1000)
    (folder / "intents.yaml").write_text(text, encoding="utf-8")
    head = {"title": short("article"), "url": "javascript:window.hurt='url'"}
    body = f"# {probe('passage')}\n\nA board is exported from its menu. {probe('passage')}\n"
    front = yaml.safe_dump(head, allow_unicode=True, width=1000)
    name = short("file").replace("/", "")
    (folder / "knowledge" / f"{name}.md").write_text(f"---\n{front}---\n\n{body}", "utf-8")


async def fill(desk: Desk) -> None:
    """Let customers write probes, and store what is made of them."""
    store = TicketStore(desk.engine)
    asked = (f"How do I export a board? {probe('text')}", "Which plan am I on?")
    for number, text in enumerate(asked):
        inbound = Inbound(
            external_id=f"{number} {short('external')}",
            text=text,
            subject="" if number else short("subject"),
            customer="c1",
            verified=True,
            channel="email",
            received_at=NOON,
            messages=(Message(author="customer", text=probe("earlier"), sent_at=NOON),),
            attachments=(Attachment(name=short("attachment"), media_type=short("media"), size=1),),
        )
        made = await desk.answer(inbound)
        store.open_inbox(Inbox(id=made.ticket.inbox, kind="file", target="out"), NOON)
        store.accept([(number, made.ticket)])
        reason = made.verdict.reasons[0].code
        store.record(
            TicketId(made.ticket.id),
            stage_bodies(made),
            made.times,
            outcome="review",
            reason=reason,
            now=NOON,
        )
