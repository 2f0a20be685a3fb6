"""Every accepted ticket is queued, also while there is other work to do."""

from __future__ import annotations

from pathlib import Path

from dbos import DBOS

from firstline.desk import open_desk
from firstline.pipeline.engine import Engine
from firstline.store import Inbox, TicketStore
from tests.builders import NOON, a_ticket
from tests.desk.small_company import make_company

HERE = Inbox(id="here", kind="api", target="here")


async def queued() -> set[str]:
    """Return what is in the queues."""
    listed = await DBOS.list_workflows_async(load_input=False, load_output=False)
    return {item.workflow_id for item in listed}


async def test_a_busy_desk_queues_what_was_only_accepted(tmp_path: Path) -> None:
    """Whoever accepted it died before queueing it, and other tickets keep everybody busy."""
    with open_desk(make_company(tmp_path / "small"), with_models=False) as desk:
        store = TicketStore(desk.engine)
        store.open_inbox(HERE, NOON)
        one, two = (a_ticket(id=name, inbox=HERE.id, external_id=name) for name in ("t1", "t2"))
        store.accept([(1, one), (2, two)])
        engine = Engine(desk.line(), desk.workspace.data, listen=())
        await engine.start()
        try:
            await engine.submit([one.id])
            await engine.tend()
            assert await queued() == {"t1:intake", "t2:intake"}
            await engine.tend()
            assert await queued() == {"t1:intake", "t2:intake"}
        finally:
            await engine.stop(grace_seconds=0)
