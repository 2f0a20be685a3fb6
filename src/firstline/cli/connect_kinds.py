"""What `firstline connect` asks of each kind of channel, and what is done in each helpdesk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from firstline.workspace.channel_settings import ChannelKind

Making = Literal["", "hex", "whsec"]
"""How a secret is made that is ours to make; empty: it is not."""
DEFAULT_NAME: Final = "support"
COMMON: Final = ("name", "mode", "poll_seconds", "after_reply", "group", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A key of channels.toml that a person is asked for, if no option gives it."""

    key: str
    says: str
    default: str = ""
    """What Enter means. `@imap_host` is the answer to that question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret of a channel."""

    what: str
    """As `secret_of` reads it."""
    says: str
    needed: bool = True
    making: Making = ""
    only_with: str = ""
    """A key without which there is no such secret."""
    without: str = ""
    """A key that makes it needless."""


QUESTIONS: Final[Mapping[ChannelKind, tuple[Question, ...]]] = {
    "zendesk": (
        Question(key="subdomain", says="Subdomain, the acme of acme.zendesk.com"),
        Question(key="email", says="E-mail of the agent whose API token it is (empty: OAuth)"),
        Question(key="group", says="Group that gets what people are to answer (empty: as it is)"),
    ),
    "intercom": (
        Question(key="admin_id", says="Id of the teammate that Firstline speaks as"),
        Question(key="region", says="Where the workspace is hosted: us, eu or au", default="us"),
        Question(key="group", says="Team that gets what people are to answer (empty: as it is)"),
    ),
    "freshdesk": (
        Question(key="domain", says="Domain, the acme of acme.freshdesk.com"),
        Question(key="portal", says="Who may open tickets there: open or login", default="open"),
        Question(key="group", says="Group that gets what people are to answer (empty: as it is)"),
    ),
    "chatwoot": (
        Question(key="url", says="Address of the server, https://…"),
        Question(key="account_id", says="Id of the account, the number after /accounts/"),
        Question(key="network", says="Where it is: public, private, loopback", default="public"),
        Question(key="group", says="Team that gets what people are to answer (empty: as it is)"),
    ),
    "email": (
        Question(key="address", says="Address of the mailbox"),
        Question(key="imap_host", says="IMAP server (port 993)"),
        Question(key="smtp_host", says="SMTP server (port 465)", default="@imap_host"),
        Question(key="team", says="Address that packets for people are mailed to (empty: none)"),
    ),
    "webhook": (
        Question(key="url", says="Where replies are posted, https://… (empty: nowhere yet)"),
    ),
}
SECRETS: Final[Mapping[ChannelKind, tuple[Secret, ...]]] = {
    "zendesk": (
        Secret(what="token", says="API token"),
        Secret(what="webhook_secret", says="Signing secret of the webhook", needed=False),
    ),
    "intercom": (
        Secret(what="token", says="Access token"),
        Secret(what="webhook_secret", says="Client secret of the app", needed=False),
    ),
    "freshdesk": (
        Secret(what="token", says="API key"),
        Secret(what="webhook_secret", says="the secret of the two rules", making="hex"),
    ),
    "chatwoot": (
        Secret(what="token", says="Access token"),
        Secret(what="webhook_secret", says="Secret of the webhook", needed=False),
    ),
    "email": (
        Secret(what="password", says="Password of the mailbox", without="client_id"),
        Secret(what="client_secret", says="Secret of the app", only_with="client_id"),
        Secret(
            what="refresh_token",
            says="Refresh token of the mailbox's owner",
            needed=False,
            only_with="client_id",
        ),
        Secret(what="key", says="the key that signs reply addresses", making="hex"),
    ),
    "webhook": (
        Secret(what="webhook_secret", says="the secret that signs what you send", making="whsec"),
        Secret(
            what="outgoing_secret",
            says="the secret that signs what you get",
            making="whsec",
            only_with="url",
        ),
    ),
}


def _steps(text: str) -> tuple[str, ...]:
    """Return the steps of a text, each beginning with a dash."""
    return tuple(" ".join(step.split()) for step in text.split("\n        - ")[1:])


STEPS: Final[Mapping[ChannelKind, tuple[str, ...]]] = {
    "zendesk": _steps(
        """
        - People, Team members: add an agent of its own, for example Firstline, with access to all
          tickets. As an administrator it may poll by the incremental export.
        - Apps and integrations, APIs: turn on token access and add a token.
        - Apps and integrations, Webhooks, Create webhook, Zendesk events: ticket created, comment
          added, status changed, agent and group assignment changed.
        - Endpoint URL {hook}, POST, JSON. Create it, then copy its signing secret.
        """
    ),
    "intercom": _steps(
        """
        - Settings, Teammates: invite a teammate of its own, for example Firstline, with a seat
          that may reply. Its id is the number at the end of its address in the list.
        - Developer Hub, New app, in your own workspace. Authentication: copy the access token.
          Basic information: copy the client secret.
        - Webhooks: endpoint {hook}, topics conversation.user.created, conversation.user.replied,
          conversation.admin.replied, conversation.admin.assigned, conversation.admin.closed.
        - Settings, Security: turn on identity verification if customers sign in at your site.
        """
    ),
    "freshdesk": _steps(
        """
        - Admin, Agents: add an agent of its own, for example Firstline, who sees all tickets and
          may reply, add notes and edit properties.
        - Sign in as this agent; Profile settings shows its API key.
        - Admin, Automations: a rule under Ticket creation, and one under Ticket updates with the
          events reply is sent (by requester and agent), status is updated, agent is updated.
        - Both have the action Trigger webhook: POST to {hook}, encoding JSON, content Advanced:
          {"ticket_id": "{{ticket.id}}", "event": "updated"}
        - Both have the custom header X-Firstline-Secret: {webhook_secret}
        """
    ),
    "chatwoot": _steps(
        """
        - Settings, Agents: add an agent of its own, for example Firstline. Settings, Inboxes:
          make it a collaborator of every inbox that it is to answer.
        - Sign in as this agent; Profile settings shows its access token. An agent bot's token
          is not enough: it cannot read conversations.
        - Settings, Integrations, Webhooks: endpoint {hook}, events message created, conversation
          created, conversation status changed. Save it, then copy its secret.
        - A server before version 4.11.2 shows no secret: take the output of openssl rand -hex 32,
          and write it as the password into the endpoint, https://firstline:<secret>@<your host>/…
        - Turn off other bots in these inboxes, or let each inbox have one of them.
        """
    ),
    "email": _steps(
        """
        - Make a mailbox, or take the one you have, with IMAP and SMTP, both with TLS. Gmail wants
          an app password. Microsoft 365 takes none: register an app there that may read the
          mailbox, and say --token-url, --client-id and --scope (docs/email.md has the values).
        - No webhook is needed: the mailbox is looked into every 30 seconds, and at once where the
          server tells of new mail.
        - Say authservs = [...] in channels.toml, as your server names itself in
          Authentication-Results: without it nobody counts as verified.
        """
    ),
    "webhook": _steps(
        """
        - Let your system post each customer's message to {hook}, signed with {webhook_secret}.
        - Let it take what is posted to your url, signed with {outgoing_secret}.
        - docs/webhook.md says what both look like. If your system takes each webhook-id once
          only, say receiver = "deduplicates" in channels.toml.
        """
    ),
}
OPTIONS: Final = " ".join(
    """
    Options of every kind: --name --mode --poll-seconds --after-reply --group --tags.
    zendesk: --subdomain --email. intercom: --admin-id --region. freshdesk: --domain --portal.
    chatwoot: --url --account-id --network.
    email: --address --sender-name --user --imap-host --imap-port --imap-security --smtp-host
    --smtp-port --smtp-security --smtp-user --token-url --client-id --scope --authority
    --own-addresses --staff --mailboxes --searched --sent --keeps-sent --plus-addresses
    --authservs --team. webhook: --url --network --receiver.
    Lists take commas. What is not given is asked for.
    Secrets are never options: they are asked for unseen, or taken from the environment,
    FIRSTLINE_<NAME>_<WHAT>, or from the file that FIRSTLINE_<NAME>_<WHAT>_FILE names.
    """.split()
)
"""The end of the command's help."""
