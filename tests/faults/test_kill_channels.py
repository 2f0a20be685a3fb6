"""A server that dies between a helpdesk's word and its own loses nothing and answers once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmarks.channel_crashes import ANSWERED, FOR_PEOPLE, crash
from tests.desk.small_company import make_company

PLACES = [
    ("firstline.desk.collecting:Collector._accept", "after"),
    ("firstline.store.outbox:Outbox.claim", "after"),
    ("firstline.channels.zendesk:Zendesk.reply", "after"),
    ("firstline.channels.zendesk:Zendesk.hand_over", "after"),
]
"""Accepted and not queued; claimed and not sent; sent, assigned, and nothing written down."""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_kill_9_around_every_write_to_a_helpdesk_leaves_one_reply_and_one_note(
    tmp_path: Path,
) -> None:
    """Killed at four places: every message ends, what was sent is found and not sent again."""
    damage = crash(
        "zendesk",
        tmp_path / "tiny",
        os.environ,
        seed=1,
        places=PLACES,
        company=make_company,
        questions=(ANSWERED, FOR_PEOPLE),
        life=40.0,
    )
    assert damage.at_places == set(PLACES)
    assert damage.details == []
    assert damage.harmless
    assert damage.uncertain == 0
    assert damage.replies == damage.asked
