"""`firstline autonomy`: what it shows, what it changes, and that stopping needs nothing else."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.builders import a_ticket
from tests.pipeline.test_release import a_certificate
from tests.pipeline.test_service_watch import an_answer
from typer.testing import CliRunner, Result

from firstline.cli.autonomy import register
from firstline.desk.autonomy import intent_rows
from firstline.errors import FirstlineError, InputError, SetupError
from firstline.pipeline.operating import Operator
from firstline.pipeline.release import Proofs, Release
from firstline.pipeline.release_reader import ReleaseReader
from firstline.pipeline.service_watch import ServiceWatch
from firstline.records import Intent, TicketId
from firstline.store import Inbox, TicketStore, app_url, open_database
from firstline.store.autonomy import AutonomyStore
from firstline.trust.certificate import Basis, Scope
from firstline.workspace import Autonomy, load
from firstline.workspace.models import TrustSettings

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
APP = typer.Typer()
register(APP)


@APP.callback()
def commands() -> None:
    """Keep the group a group."""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Return a copy of the bundled company."""
    folder = tmp_path / "acme"
    shutil.copytree(ACME, folder, ignore=shutil.ignore_patterns(".*"))
    return folder


def run(folder: Path, *words: str) -> Result:
    """Run the command and return what it did; its errors are raised."""
    done = CliRunner().invoke(APP, ["autonomy", "-w", str(folder), *words])
    if isinstance(done.exception, FirstlineError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


def shown(folder: Path, *words: str) -> Any:
    """Return what the command prints as JSON."""
    return json.loads(run(folder, *words, "--json").output)


def row(folder: Path, intent: str) -> dict[str, Any]:
    """Return the row of an intent."""
    rows = json.loads(CliRunner().invoke(APP, ["autonomy", "-w", str(folder), "--json"]).output)[
        "intents"
    ]
    found: dict[str, Any] = next(item for item in rows if item["intent"] == intent)
    return found


def test_what_goes_out_is_shown_and_called_uncertified(acme: Path) -> None:
    """A share that goes out by an operator's choice is called uncertified wherever it is shown."""
    before = row(acme, "export_data")
    assert (before["files"], before["given"]) == ("percent:100", "")
    assert before["now"] == "to all"
    assert before["uncertified"]
    text = run(acme).output
    assert "uncertified" in text
    assert "no certificate backs them" in text


def test_a_level_is_set_shown_and_logged(acme: Path) -> None:
    """The table shows the new level, the log who set it, when and why."""
    said = run(acme, "set", "export_data", "percent:10", "--reason", "a start", "--by", "ana")
    assert "uncertified" in said.output
    run(acme, "set", "all", "review", "--reason", "holidays")
    now = row(acme, "export_data")
    assert now["given"] == "percent:10, review (all)"
    assert now["now"] == "nothing: review"
    run(acme, "set", "all", "files", "--reason", "back")
    assert row(acme, "export_data")["now"] == "to 10 %"
    log = shown(acme, "log")
    assert [(one["scope"], one["value"]) for one in log] == [
        ("*", ""),
        ("*", "review"),
        ("export_data", "percent:10"),
    ]
    assert log[-1]["by"] == "ana"
    assert log[-1]["reason"] == "a start"
    assert "level export_data percent:10" in run(acme, "log").output


def test_stopping_works_with_a_broken_workspace(acme: Path) -> None:
    """Whoever has to stop it does not have to mend a YAML file first."""
    (acme / "intents.yaml").write_text("intents: [", encoding="utf-8")
    run(acme, "stop", "--reason", "wrong steps")
    assert shown(acme, "log")[0]["value"] == "stopped"


def test_stopped_is_shown_first(acme: Path) -> None:
    """Who stopped it, when and why stands above everything, until it is resumed."""
    run(acme, "stop", "--reason", "wrong steps", "--by", "ana")
    text = run(acme).output
    assert text.startswith("STOPPED since ")
    assert "by ana: wrong steps" in text
    assert row(acme, "export_data")["now"] == "nothing: stopped"
    with pytest.raises(InputError, match="reason"):
        run(acme, "resume")
    run(acme, "resume", "--reason", "mended")
    assert row(acme, "export_data")["now"] == "to all"


def test_mistakes_are_named(acme: Path, tmp_path: Path) -> None:
    """What cannot be is refused with what could be, and a wrong folder is not made a company."""
    with pytest.raises(InputError, match="export_data"):
        run(acme, "set", "export_dat", "off", "--reason", "x")
    with pytest.raises(InputError, match="no reason"):
        run(acme, "set", "export_data", "off")
    with pytest.raises(InputError, match="audit_rate"):
        run(acme, "tune", "audit_rate", "40", "--reason", "x")
    with pytest.raises(SetupError, match="no company"):
        run(tmp_path, "stop")
    assert not (tmp_path / ".firstline").exists()
    assert "Nothing was ever changed" in run(acme, "log").output


@pytest.fixture
def served(acme: Path) -> Path:
    """Return the company after a day on which nearly everything escalated."""
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    data = load(acme).data
    data.mkdir()
    engine = open_database(app_url(data))
    store, autonomy = TicketStore(engine), AutonomyStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), at)
    names = [f"t{number}" for number in range(40)]
    store.accept([(number, a_ticket(name)) for number, name in enumerate(names)])
    watch = ServiceWatch(ReleaseReader(autonomy, now=lambda: at), TrustSettings(), now=lambda: at)
    operator = Operator(autonomy, by="ana", now=lambda: at)
    operator.baseline("*", 0.1, "last year's share")
    operator.tune("audit_rate", "1", "look at all")
    for number, name in enumerate(names):
        outcome: Any = "sent" if number < 4 else "escalate"
        ending = watch.ending(an_answer(name), outcome)
        later = at + timedelta(seconds=number)
        store.record(TicketId(name), (), (), outcome=outcome, reason="r", now=later, ending=ending)
    watch.label(TicketId("t0"), wrong=True)
    store.close()
    return acme


def test_the_watch_shows_what_tripped_and_waits(served: Path, tmp_path: Path) -> None:
    """Tests, trips, audits and charts; a reset gives the scope back."""
    report = shown(served, "watch")
    escalation = next(
        test for test in report["tests"] if (test["scope"], test["watch"]) == ("*", "escalation")
    )
    assert escalation["alarm"]
    assert escalation["path"][-1][1] >= escalation["threshold"]
    assert report["tripped"][0]["scope"] == "*"
    audits = report["audits"]
    assert (audits["drawn"], audits["labelled"], audits["wrong"]) == (4, 1, 1)
    assert {one["ticket"] for one in audits["waiting"]} == {"t1", "t2", "t3"}
    assert row(served, "export_data")["now"] == "nothing: tripped"
    html, svg = tmp_path / "charts" / "watch.html", tmp_path / "svg"
    text = run(served, "watch", "--html", str(html), "--svg", str(svg)).output
    assert "tripped: *" in text
    assert "waiting: t1" in text
    assert "<svg" in html.read_text(encoding="utf-8")
    assert "<script" not in html.read_text(encoding="utf-8")
    assert (svg / "all-escalation.svg").read_text(encoding="utf-8").startswith("<svg")
    with pytest.raises(InputError, match="nothing is watched"):
        run(served, "reset", "refunds", "--reason", "x")
    run(served, "reset", "*", "--reason", "an outage, mended")
    assert row(served, "export_data")["now"] == "to all"
    assert shown(served, "watch")["tripped"] == []


def test_an_unwatched_company_says_so(acme: Path) -> None:
    """Before the first ticket there is nothing to show."""
    assert "Nothing has been watched yet" in run(acme, "watch").output


def test_certificates_are_shown_with_what_they_allow() -> None:
    """A valid one says from which score, a void one why, and a person's intent stays a person's."""
    workspace = load(ACME)
    basis = Basis(models="none", prompts="p1", knowledge="k1", checks="c1", score="prior-1")
    export, refunds = Intent("export_data"), Intent("import_data")
    scope = Scope(name="mail", intents=(export,), channel="email")
    valid = a_certificate(scope=scope)
    void = a_certificate(scope=Scope(name="import", intents=(refunds,)), expires=date(2026, 11, 2))
    certified = Autonomy(level="certified")
    release = Release(
        today=date(2026, 11, 23),
        levels={"*": certified},
        proofs=Proofs(certificates=(valid, void), basis=basis),
    )
    rows = {item.intent: item for item in intent_rows(workspace, release)}
    assert rows[export].certificate == f"{valid.id} until 2027-01-30"
    assert rows[export].now == "scores from 0.500, at most 2.0% wrong (email only)"
    assert not rows[export].uncertified
    assert "expired" in rows[refunds].certificate
    assert rows[refunds].now == "nothing: certificate_void"
    assert rows[Intent("time_tracking")].now == "nothing: no_certificate"
    people = [item for item in rows.values() if item.handler == "person"]
    assert people
    assert all(item.now.startswith("nothing") for item in people)
