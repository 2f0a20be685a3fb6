"""A small company on the web, with answers, gaps and changed articles, for tests that change it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.builders import NOON
from tests.desk.small_company import REFUNDS, answer, make_company, send
from tests.web.conftest import Served, running

from firstline.desk import Desk, open_desk
from firstline.web.opening import open_site

HOSTILE = "<script>alert(1)</script>"
HOSTILE_ID = "a/b?c#d & <e>"
OLD = f"""---
id: "{HOSTILE_ID}"
title: "{HOSTILE}"
updated: 2019-05-01
url: "javascript:alert(2)"
---

Old words about printers. </p><script>alert(3)</script>
"""
GONE = """---
id: coupons
title: Coupons
---

A coupon code is typed in on the payment page.
"""
ASKED = (
    "Do you take PayPal for the yearly invoice?",
    "Can we pay with PayPal instead of a card?",
    "Is PayPal possible for our payments?",
)


@contextmanager
def small_site(folder: Path, *, changed: bool = True) -> Iterator[Served]:
    """Serve a small company.

    Args:
        folder: Where to put it.
        changed: Whether an article was changed and one withdrawn after the answers were given.
    """
    make_company(folder)
    articles = folder / "knowledge"
    (articles / "old.md").write_text(OLD, "utf-8")
    (articles / "coupons.md").write_text(GONE, "utf-8")
    (articles / "manual.docx").write_bytes(b"PK")
    with open_desk(folder) as desk:
        asyncio.run(_answer(desk))
    if changed:
        (articles / "refunds.md").write_text(REFUNDS.replace("30 days", "14 days"), "utf-8")
        (articles / "coupons.md").unlink()
    with open_desk(folder) as desk, running(site := open_site(desk)) as url:
        serving = Served(url=url, site=site)
        yield serving
        serving.close()


async def _answer(desk: Desk) -> None:
    await send(desk, "r1", "Is the first payment for a paid plan refunded in full?")
    await send(desk, "e1", "How do I export a board to CSV?")
    await answer(desk, "r2", "Are refunds paid to the card that was used for the payment?")
    for number, text in enumerate(ASKED):
        await answer(
            desk,
            f"p{number}",
            text,
            outcome="escalate",
            received_at=NOON,
        )
