"""What Firstline keeps: tickets, what each stage said, and the delivery ledger."""

from firstline.store.database import app_url, engine_url, open_database, sqlite_engine
from firstline.store.outbox import Caps, Claim, Kind, Outbox
from firstline.store.tickets import Accepted, Inbox, StageRecord, StoredTicket, TicketStore

__all__ = [
    "Accepted",
    "Caps",
    "Claim",
    "Inbox",
    "Kind",
    "Outbox",
    "StageRecord",
    "StoredTicket",
    "TicketStore",
    "app_url",
    "engine_url",
    "open_database",
    "sqlite_engine",
]
