"""Signing in through the company's identity provider."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from tests.web.access.conftest import Office
from tests.web.access.provider import CLIENT, SECRET, Provider, rsa_key, shared_key

from firstline.errors import SetupError
from firstline.store.people_records import StoredPerson
from firstline.web.access import sign_on_oidc
from firstline.web.access.sign_on import SignOnSettings, open_sign_on, settings_from
from firstline.web.access.sign_on_oidc import OpenIdConnect

ENVIRONMENT = {
    "FIRSTLINE_OIDC_ISSUER": "https://id.acme.example/",
    "FIRSTLINE_OIDC_CLIENT_ID": CLIENT,
    "FIRSTLINE_OIDC_DOMAINS": "acme.example, @Acme.AU",
}


@pytest.fixture
def provider(office: Office) -> Iterator[Provider]:
    """Return a provider, and configure the server for it; an admin is here already."""
    office.person()
    made = Provider()
    settings = SignOnSettings(
        issuer=made.issuer, client_id=CLIENT, client_secret=SECRET, domains=("acme.example",)
    )
    office.access.sign_on = OpenIdConnect(settings)
    yield made
    made.close()


def come_back(client: httpx2.Client, provider: Provider, **changed: str) -> httpx2.Response:
    """Begin, be let in by the provider, and come back; with something changed on the way."""
    begun = client.get("/login/elsewhere", params={"next": "/account"})
    assert begun.status_code == 302
    path = provider.let_in(begun.headers["location"])
    query = dict(parse_qsl(urlsplit(path).query)) | changed
    return client.get("/login/elsewhere/callback", params=query)


def found(office: Office, email: str = "bo@acme.example") -> StoredPerson | None:
    """Return who has an address."""
    return office.access.people.by_email(email)


def test_somebody_new_becomes_an_agent(office: Office, provider: Provider) -> None:
    """And comes back to the page they wanted; the next time they are the same person."""
    client = office.browser()
    assert "Sign in with your company account" in client.get("/login").text
    done = come_back(client, provider)
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert "there is no password here" in client.get("/account").text
    made = found(office)
    assert made is not None
    assert (made.name, made.role, made.signs_in_elsewhere) == ("Bo Ek", "agent", True)
    provider.claims["email"] = "bo.ek@acme.example"
    assert come_back(office.browser(), provider).status_code == 303
    assert len(office.access.people.list()) == 2


def test_somebody_who_is_here_keeps_their_role(office: Office, provider: Provider) -> None:
    """The verified address says who they are the first time."""
    office.person("Bo Ek", "lead")
    client = office.browser()
    assert come_back(client, provider).status_code == 303
    assert client.get("/settings/views").status_code == 200
    provider.claims["sub"] = "u-2"
    refused = come_back(office.browser(), provider)
    assert refused.status_code == 403
    assert "Somebody else has your e-mail address" in refused.text


def test_a_taken_name_is_told_apart_by_the_address(office: Office, provider: Provider) -> None:
    """Names sign decisions, so there are no two of them."""
    provider.claims["name"] = "ada LING"
    assert come_back(office.browser(), provider).status_code == 303
    made = found(office)
    assert made is not None
    assert made.name == "bo@acme.example"


def test_who_is_disabled_here_is_not_let_in(office: Office, provider: Provider) -> None:
    """Whatever the provider says."""
    bo = office.person("Bo Ek", "agent")
    office.access.people.disable(bo.id, None, office.clock())
    client = office.browser()
    assert come_back(client, provider).status_code == 403
    office.access.people.enable(bo.id, None, office.clock())
    assert come_back(client, provider).status_code == 303
    office.access.people.disable(bo.id, None, office.clock())
    assert come_back(client, provider).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "bo@other.example"},
        {"email": "bo@acme.example.evil.example"},
        {"email": "bo@evil.example@acme.example"},
        {"email": "bo@sub.acme.example"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": ["another-client", CLIENT], "azp": "another-client"},
        {"iss": "https://id.other.example"},
        {"exp": int(time.time()) - 3_600},
        {"exp": None},
    ],
)
def test_a_token_that_says_something_else_lets_nobody_in(
    office: Office, provider: Provider, claims: dict[str, object]
) -> None:
    """Neither for another client, person, domain or time."""
    provider.claims |= claims
    client = office.browser()
    assert come_back(client, provider).status_code == 403
    assert client.get("/account").status_code == 303
    assert len(office.access.people.list()) == 1


def test_a_token_that_is_signed_otherwise_lets_nobody_in(
    office: Office, provider: Provider
) -> None:
    """With another key, with the client's secret, or not at all."""
    provider.signs_with = rsa_key("1", 2)
    assert come_back(office.browser(), provider).status_code == 403
    provider.signs_with, provider.header = shared_key(), {"alg": "HS256"}
    assert come_back(office.browser(), provider).status_code == 403
    provider.signs_with, provider.header = None, {"alg": "none"}
    assert come_back(office.browser(), provider).status_code == 403
    provider.header = {}
    assert come_back(office.browser(), provider).status_code == 303


def test_new_keys_of_the_provider_are_taken(
    office: Office, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a look that is not repeated for each bad token."""
    assert come_back(office.browser(), provider).status_code == 303
    provider.new_key("2")
    assert come_back(office.browser(), provider).status_code == 403
    assert provider.asked.count("/keys") == 1
    monkeypatch.setattr(sign_on_oidc, "LOOK_AGAIN_SECONDS", 0.0)
    assert come_back(office.browser(), provider).status_code == 303
    assert provider.asked.count("/keys") == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "another"},
        {"state": ""},
        {"code": "another"},
        {"code": ""},
        {"iss": "https://id.other.example"},
        {"error": "access_denied"},
        {"code": "x" * 9_000},
    ],
)
def test_an_answer_that_was_changed_lets_nobody_in(
    office: Office, provider: Provider, changed: dict[str, str]
) -> None:
    """The browser must bring back what it was sent with."""
    client = office.browser()
    assert come_back(client, provider, **changed).status_code == 403
    assert client.get("/account").status_code == 303


def test_an_answer_is_worth_nothing_in_another_browser(office: Office, provider: Provider) -> None:
    """Nobody is signed in as somebody else by a link; and it works once."""
    attacker = office.browser()
    begun = attacker.get("/login/elsewhere")
    back = provider.let_in(begun.headers["location"])
    victim = office.browser()
    assert victim.get(back).headers["location"] == "/login"
    come_back(victim, provider, state="x")
    assert victim.get("/account").status_code == 303
    assert attacker.get(back).status_code == 303
    assert attacker.get(back).headers["location"] == "/login"


@pytest.mark.parametrize("cookie", ["x", "W10=", "WzEsMiwzLDRd", "W1tbW1tb", "=" * 500])
def test_a_cookie_that_was_changed_begins_again(
    office: Office, provider: Provider, cookie: str
) -> None:
    """Whatever stands in it."""
    assert provider.issuer
    client = office.browser(Cookie=f"firstline-signing-in={cookie}")
    assert client.get("/login/elsewhere/callback?state=x&code=y").headers["location"] == "/login"


@pytest.mark.parametrize("broken", ["/.well-known/openid-configuration", "/keys"])
def test_a_provider_that_says_nonsense_is_not_asked_further(
    office: Office, provider: Provider, broken: str
) -> None:
    """People are told to come back; when it speaks again it works."""
    provider.broken = broken
    client = office.browser()
    refused = client.get("/login/elsewhere")
    assert refused.status_code == 403
    assert "cannot be reached" in refused.text
    provider.broken = ""
    assert come_back(client, provider).status_code == 303


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://id.other.example"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_description_that_names_others_is_refused(
    office: Office, provider: Provider, document: dict[str, object]
) -> None:
    """It must name itself, and reach its parts as safely as itself."""
    provider.document = document
    assert office.browser().get("/login/elsewhere").status_code == 403


def test_without_a_provider_there_is_no_such_page(office: Office) -> None:
    """And the login does not offer it."""
    office.person()
    client = office.browser()
    assert client.get("/login/elsewhere").status_code == 404
    assert client.get("/login/elsewhere/callback").status_code == 404
    assert "elsewhere" not in client.get("/login").text


def test_a_new_server_is_set_up_with_its_code_first(office: Office) -> None:
    """Otherwise whoever came first through the provider would close the set-up."""
    made = Provider()
    settings = SignOnSettings(
        issuer=made.issuer, client_id=CLIENT, client_secret=SECRET, domains=("acme.example",)
    )
    office.access.sign_on = OpenIdConnect(settings)
    assert come_back(office.browser(), made).status_code == 403
    assert office.access.setup_code() is not None
    made.close()


def test_the_configuration_comes_from_the_environment() -> None:
    """With domains in any case, and a secret that is not shown."""
    settings = settings_from(ENVIRONMENT | {"FIRSTLINE_OIDC_CLIENT_SECRET": SECRET})
    assert settings is not None
    assert settings.issuer == "https://id.acme.example"
    assert settings.domains == ("acme.example", "acme.au")
    assert SECRET not in repr(settings)
    assert settings_from({}) is None
    assert open_sign_on({}) is None
    assert open_sign_on(ENVIRONMENT) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"FIRSTLINE_OIDC_ISSUER": "http://id.acme.example"},
        {"FIRSTLINE_OIDC_CLIENT_ID": ""},
        {"FIRSTLINE_OIDC_DOMAINS": " , "},
    ],
)
def test_a_configuration_that_lets_in_too_much_is_refused(changed: dict[str, str]) -> None:
    """At the start, not at the first login."""
    with pytest.raises(SetupError):
        settings_from(ENVIRONMENT | changed)
