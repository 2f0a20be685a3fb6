"""What makes counting the answers that rest on an article quick."""

from __future__ import annotations

import sqlalchemy as sa

from firstline.store.schema import delivery

delivery_ticket = sa.Index(
    "delivery_ticket", delivery.c.ticket, delivery.c.kind, delivery.c.state, delivery.c.at
)
"""Tells of a ticket whether and when its reply left."""
