"""What Firstline keeps: tickets, what each stage said, and the delivery ledger."""

from firstline.store.batches import Batch, BatchList
from firstline.store.calls import Allowance, Begun, CallEntry, CallLedger, CallRow, Settlement
from firstline.store.commitments import (
    CommitmentLedger,
    NewCommitment,
    Reminder,
    StoredCommitment,
    add_commitments,
)
from firstline.store.database import app_url, engine_url, open_database, sqlite_engine
from firstline.store.outbox import Caps, Claim, Kind, Outbox
from firstline.store.tickets import Accepted, Inbox, StageRecord, StoredTicket, TicketStore

__all__ = [
    "Accepted",
    "Allowance",
    "Batch",
    "BatchList",
    "Begun",
    "CallEntry",
    "CallLedger",
    "CallRow",
    "Caps",
    "Claim",
    "CommitmentLedger",
    "Inbox",
    "Kind",
    "NewCommitment",
    "Outbox",
    "Reminder",
    "Settlement",
    "StageRecord",
    "StoredCommitment",
    "StoredTicket",
    "TicketStore",
    "add_commitments",
    "app_url",
    "engine_url",
    "open_database",
    "sqlite_engine",
]
