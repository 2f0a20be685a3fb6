"""`firstline cost`: what a ledger with known questions comes to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firstline.claude.prices import cost
from firstline.claude.registry import load_registry
from firstline.cli.cost_report import gather, record
from firstline.records import Usage
from firstline.store import (
    Allowance,
    CallEntry,
    CallLedger,
    Settlement,
    app_url,
    open_database,
)
from firstline.workspace import Workspace, load
from firstline.workspace.models import ModelSettings

ROOT = Path(__file__).resolve().parents[2]
TABLES = '\n[models]\nprovider = "anthropic"\n[budget]\nday_usd = 0.5\nalarm_usd = 0.001\n'


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the bundled company that uses models, on SQLite."""
    monkeypatch.delenv("FIRSTLINE_MODEL_PROVIDER", raising=False)
    monkeypatch.delenv("FIRSTLINE_DATABASE_URL", raising=False)
    folder = tmp_path / "acme"
    shutil.copytree(ROOT / "examples" / "acme", folder, ignore=shutil.ignore_patterns(".*"))
    with (folder / "firstline.toml").open("a", encoding="utf-8") as file:
        file.write(TABLES)
    return folder


def asked(workspace: Workspace, *, every: timedelta, count: int = 12) -> int:
    """Put questions into the ledger, the last one now; return what they cost."""
    workspace.data.mkdir(exist_ok=True)
    database = open_database(app_url(workspace.data))
    ledger, model = CallLedger(database), load_registry(ModelSettings()).model("claude-sonnet-5-5")
    whole, now = 0, datetime.now(UTC)
    for at in range(count):
        moment = now - at * every
        usage = Usage(input=1_000, output=100)
        entry = CallEntry(
            key=f"k{at}",
            ticket=f"t{at}",
            intent="refund",
            requester=None,
            purpose="write",
            model=model.name,
            prompt_hash="p",
            reserve_pico=1,
            system_tokens=700,
        )
        ledger.begin(entry, Allowance(), moment)
        pico = cost(model, usage, at=moment)
        settlement = Settlement(
            reply="{}",
            input=usage.input,
            output=usage.output,
            cache_read=0,
            cache_write=0,
            cost_pico=pico,
            wall_ms=1.0,
        )
        ledger.settle(entry.key, settlement)
        whole += pico
    database.dispose()
    return whole


def firstline(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `firstline cost`."""
    done = subprocess.run(
        [sys.executable, "-m", "firstline", "cost", "-w", str(folder), *words],
        env=os.environ | {"COLUMNS": "110", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def test_a_company_that_asked_nothing_gets_a_clear_answer(acme: Path) -> None:
    """No figures are made up; the manual is still measured."""
    done = firstline(acme)
    assert done.returncode == 0
    assert "No model was asked." in done.stdout
    assert "No live request yet" in done.stdout
    assert "The manual has" in done.stdout


def test_money_goes_where_it_went(acme: Path) -> None:
    """Twelve answers at $0.003: by day, stage, intent, model and ticket."""
    whole = asked(load(acme), every=timedelta(seconds=20))
    # 1000 x $2/M + 100 x $10/M = $0.003 each.
    assert whole == 12 * 3_000_000_000
    done = firstline(acme)
    assert done.returncode == 0
    squeezed = " ".join(done.stdout.split())
    assert "12 answers cost $0.036000: 12,000 tokens in" in squeezed
    assert "│ 12 │ 12,000 │ 0 │ 0 │ 1,200 │ $0.036000" in squeezed
    assert "cost $0.003000 in the mean, $0.003000 in the median" in squeezed
    assert "12 of 12 cost more than $0.001" in squeezed
    assert "of $0.5" in squeezed


def test_json_has_the_same_figures(acme: Path) -> None:
    """One document, with whole picodollars, plans and the advice."""
    asked(load(acme), every=timedelta(seconds=20))
    found = json.loads(firstline(acme, "--json").stdout)
    assert found["total"]["cost_pico"] == 36_000_000_000
    assert found["by_model"]["claude-sonnet-5-5"]["answers"] == 12
    assert found["tickets"]["above_alarm"] == 12
    assert found["questions"] == {
        "all": 12,
        "failed": {},
        "abandoned": 0,
        "open": 0,
        "lost_usd": 0.0,
        "reserved_usd": 0.0,
    }
    assert [plan["ttl"] for plan in found["cache"][0]["plans"]] == ["5m", "1h"]
    assert found["manual"]["better"] in ("manual", "retrieval")


def test_days_before_since_are_left_out(acme: Path) -> None:
    """A day in the future has seen nothing; a wrong date is refused."""
    asked(load(acme), every=timedelta(seconds=20))
    future = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    found = json.loads(firstline(acme, "--json", "--since", future).stdout)
    assert (found["since"], found["questions"]["all"]) == (future, 0)
    assert firstline(acme, "--since", "yesterday").returncode == 2


def test_frequent_requests_call_for_a_cache(acme: Path) -> None:
    """Eleven of twelve find the prefix; the saving is worked out by hand."""
    workspace = load(acme)
    asked(workspace, every=timedelta(seconds=20))
    report = gather(workspace, "")
    # 700 tokens x 12 requests: one written for $2.50 (5m), eleven read for $0.10, instead of $2.
    by_hand = 700 * (12 * 2 - 1 * 2.50 - 11 * 0.10) / 1e6
    ttl, saved = report.best_cache()
    assert ttl == "5m"
    assert saved == pytest.approx(by_hand)
    assert record(report)["cache_advice"]["cache"] == "5m"


def test_seldom_requests_do_not(acme: Path) -> None:
    """Two hours apart, every one of them would pay for writing the prefix."""
    workspace = load(acme)
    asked(workspace, every=timedelta(hours=2))
    assert gather(workspace, "").best_cache() == ("off", 0.0)


def test_questions_asked_under_other_settings_are_reported(acme: Path) -> None:
    """A model that is not on the platform now still cost what it cost."""
    text = (acme / "firstline.toml").read_text(encoding="utf-8")
    asked(load(acme), every=timedelta(seconds=20), count=3)
    own = '\n[[models.own]]\nid = "claude-sonnet-5-5"\ninput_usd = 0\noutput_usd = 0\n'
    changed = text.replace('provider = "anthropic"', 'provider = "bedrock"\nregion = "us-east-1"')
    (acme / "firstline.toml").write_text(changed + own, encoding="utf-8")
    report = gather(load(acme), "")
    assert report.spending.total.calls == 3
    assert report.cached == ()
    assert report.manual is None
    assert "not on this platform" in report.manual_note
