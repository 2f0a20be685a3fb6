"""The delivery ledger for what a person released.

The same rows and keys as for automatic replies, so that nothing reaches a customer twice. Two
things differ: the caps on automatic replies do not bind a person, and a delivery that was cancelled
or left uncertain before may be taken up again.

| held before | what a person's approval makes of it                                       |
|-------------|----------------------------------------------------------------------------|
| nothing     | claimed: send now                                                          |
| cancelled   | claimed again, unless a newer message forbids it                           |
| uncertain   | unknown: the channel is asked first whether the earlier one arrived        |
| sending     | unknown                                                                    |
| sent        | done                                                                       |
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime

from firstline.records import Receipt, Ticket
from firstline.store.commitments import NewCommitment, add_commitments
from firstline.store.outbox import Caps, Claim, Kind, Outbox
from firstline.store.schema import delivery
from firstline.store.tickets import instant

NO_CAPS = Caps(per_requester=sys.maxsize, per_conversation=sys.maxsize)


class ApprovedOutbox(Outbox):
    """The ledger in one database, for approved replies."""

    def claim(
        self,
        record: Ticket,
        kind: Kind,
        *,
        caps: Caps = NO_CAPS,
        now: datetime,
        promises: Sequence[NewCommitment] = (),
    ) -> tuple[Claim, Receipt]:
        """Claim as `Outbox.claim` does, and take up what was cancelled or uncertain."""
        claim, receipt = super().claim(record, kind, caps=caps, now=now, promises=promises)
        uncertain = claim == "done" and receipt.state == "uncertain"
        if claim != "cancelled" and not uncertain:
            return claim, receipt
        with self._engine.begin() as connection:
            self._serialise(connection, record)
            # Taken up first; the row is put back when it may not leave.
            row = delivery.update().where(delivery.c.key == receipt.key)
            taken = connection.execute(
                row.where(delivery.c.state == receipt.state).values(
                    state="sending", at=instant(now)
                )
            ).rowcount
            refusal = self._refusal(connection, record, caps)
            if taken and refusal:
                detail = receipt.detail if uncertain else refusal
                connection.execute(row.values(state=receipt.state, detail=detail))
            elif taken and not uncertain:
                add_commitments(connection, promises, by="firstline", now=now)
        if refusal:
            return "cancelled", Receipt(key=receipt.key, state="cancelled", at=now, detail=refusal)
        again = Receipt(key=receipt.key, state="uncertain", at=now)
        if not taken:
            return "unknown", again
        return ("unknown" if uncertain else "claimed"), again
