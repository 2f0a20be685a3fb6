"""What money went to."""

from __future__ import annotations

from pathlib import Path

from firstline.store import app_url, open_database
from firstline.store.schema import model_call
from firstline.store.spend_report import SpendReport, Spent


def test_money_is_summed_by_what_it_went_to(tmp_path: Path) -> None:
    """Answers lost on the way count with their money; what is on its way and what is old do not."""
    engine = open_database(app_url(tmp_path))
    rows = (
        ("writer", "answered", "2026-05-02", 3),
        ("writer", "failed", "2026-05-03", 1),
        ("judge", "answered", "2026-05-03", 5),
        ("judge", "asked", "2026-05-03", 100),
        ("router", "answered", "2026-04-30", 7),
    )
    with engine.begin() as connection:
        for number, (purpose, state, day, dollars) in enumerate(rows):
            values = {
                "key": str(number),
                "ticket": "t",
                "intent": "",
                "purpose": purpose,
                "model": "m",
                "prompt_hash": "",
                "state": state,
                "attempts": 1,
                "batch": False,
                "cost_pico": dollars * 10**12,
                "asked_at": day,
                "day": day,
            }
            connection.execute(model_call.insert().values(values))
    report = SpendReport(engine)
    assert report.by("purpose", "2026-05-01") == (
        Spent(name="judge", calls=1, usd=5.0),
        Spent(name="writer", calls=1, usd=4.0),
    )
    assert report.by("intent", "2026-05-01") == (Spent(name="none", calls=2, usd=9.0),)
