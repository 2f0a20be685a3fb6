"""The page of channels: how each helpdesk, mailbox and webhook stands, for those who lead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.desk.small_company import make_company
from tests.helpdesks.company import environment
from tests.web.conftest import Served, running
from tests.web.settings.test_routes import body

from firstline.channels.standard_webhooks import new_secret
from firstline.desk import open_desk
from firstline.store.arrivals import Arrivals, Due
from firstline.web.opening import open_site

CHANNELS = """
[[channel]]
name = "support"
kind = "zendesk"
subdomain = "acme"

[[channel]]
name = "shop"
kind = "webhook"
mode = "live"
"""


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a company with a channel that is well and one without its token."""
    folder = make_company(tmp_path_factory.mktemp("connected") / "tiny")
    (folder / "channels.toml").write_text(CHANNELS, "utf-8")
    with (
        environment({"FIRSTLINE_SHOP_WEBHOOK_SECRET": new_secret()}),
        open_desk(folder, with_models=False) as desk,
        running(site := open_site(desk, public_url="https://desk.acme.example")) as url,
    ):
        leave_traces(Arrivals(desk.engine), site.now)
        serving = Served(url=url, site=site)
        yield serving
        serving.close()


def leave_traces(arrivals: Arrivals, now: object) -> None:
    """Let conversations wait, one fail, and webhooks have come."""
    assert callable(now)
    at = now()
    arrivals.mark("zendesk:support", ["7", "8"], at)
    due = Due(inbox="zendesk:support", conversation="7", marks=1, tries=0, since=at)
    arrivals.failed(due, "unavailable", at)
    arrivals.count_hooks({("webhook:shop", "good"): 1_200, ("webhook:shop", "wrong"): 3}, at)


def test_each_channel_stands_in_the_table(connected: Served) -> None:
    """Mode, waiting, failing, webhooks by verdict, the address, and what is wrong."""
    html = body(connected.client("lead"), "/settings/channels")
    assert "https://desk.acme.example/hooks/shop" in html
    assert "1,200 good" in html
    assert "3 wrong" in html
    assert ">live</span>" in html
    assert "FIRSTLINE_SUPPORT_TOKEN" in html
    assert '<span class="badge bad">1</span>' in html
    assert str(connected.site.desk.workspace.folder.parent) not in html


def test_it_is_for_those_who_lead(connected: Served) -> None:
    """An agent is refused, and has no tab."""
    assert "needs the role lead" in body(connected.client("agent"), "/settings/channels", 403)
    assert "/settings/channels" not in body(connected.client("agent"), "/settings")


def test_the_overview_names_a_channel_that_cannot_be_used(connected: Served) -> None:
    """As the doctor does."""
    html = body(connected.client("agent"), "/settings")
    assert "channel support" in html
    assert "channel shop" in html


def test_without_channels_the_page_says_how_to_connect_one(tiny: Served) -> None:
    """The command is named."""
    assert "firstline connect zendesk" in body(tiny.client("lead"), "/settings/channels")


def test_monitoring_gets_the_same_counts(connected: Served) -> None:
    """By inbox, in the text for Prometheus."""
    _, key = connected.site.access.make_key(
        name="monitor", scopes=("metrics:read",), valid=None, by=None
    )
    answer = connected.client().get("/metrics", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    assert 'firstline_arrivals_waiting{inbox="zendesk:support"} 2\n' in answer.text
    assert 'firstline_webhooks_total{inbox="webhook:shop",verdict="wrong"} 3\n' in answer.text
