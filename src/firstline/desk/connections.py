"""Opening what channels.toml says: each helpdesk, mailbox or webhook, once a process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from firstline.channels.base import Channel
from firstline.channels.chatwoot import Chatwoot, ChatwootSecrets, ChatwootSettings
from firstline.channels.desk_channel import HelpdeskChannel, Manners
from firstline.channels.freshdesk import Freshdesk, FreshdeskSecrets, FreshdeskSettings
from firstline.channels.helpdesk import Helpdesk
from firstline.channels.intercom import Intercom, IntercomSecrets, IntercomSettings
from firstline.channels.webhook import WebhookChannel, WebhookSecrets, WebhookSettings
from firstline.channels.zendesk import Zendesk
from firstline.channels.zendesk_api import ZendeskSecrets, ZendeskSettings
from firstline.errors import Place, SetupError
from firstline.store import Inbox
from firstline.workspace.channel_settings import (
    FILE,
    ChannelKind,
    ChannelSetting,
    secret_of,
    variable_of,
)

if TYPE_CHECKING:
    from firstline.channels.mail_settings import MailServer, Security
    from firstline.channels.mail_tokens import AccessTokens

SHADOW = "shadow"
Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One of [[channel]], ready to be asked."""

    setting: ChannelSetting
    channel: Channel
    """Where its replies and notes go."""
    helpdesk: Helpdesk | None
    """Where its conversations are; None for webhooks, which bring their messages along."""

    @property
    def name(self) -> str:
        """What the company calls it."""
        return self.setting.name

    @property
    def inbox(self) -> Inbox:
        """Where its tickets are kept."""
        return as_inbox(self.setting)


def as_inbox(setting: ChannelSetting) -> Inbox:
    """Return where a connection's tickets are kept.

    In shadow mode no ticket of it is ever answered by itself.
    """
    return Inbox(
        id=inbox_of(setting),
        kind=setting.kind,
        target=setting.name,
        autonomy=SHADOW if setting.mode == "shadow" else None,
    )


def inbox_of(setting: ChannelSetting) -> str:
    """Return the id of a connection's inbox."""
    return f"{setting.kind}:{setting.name}"


class Connections:
    """The connections of a company by name. Each is opened when it is first asked for."""

    def __init__(
        self, settings: tuple[ChannelSetting, ...], environment: Environment = os.environ
    ) -> None:
        self._settings = {setting.name: setting for setting in settings}
        self._environment = environment
        self._opened: dict[str, Connection] = {}

    def __iter__(self) -> Iterator[Connection]:
        """Every connection."""
        return (self.named(name) for name in self._settings)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._settings)

    @property
    def settings(self) -> tuple[ChannelSetting, ...]:
        """What channels.toml says."""
        return tuple(self._settings.values())

    def __contains__(self, name: str) -> bool:
        """Whether there is a connection of this name."""
        return name in self._settings

    def named(self, name: str) -> Connection:
        """Return a connection.

        Raises:
            SetupError: There is none of this name any more, or its secrets are missing.
            WorkspaceError: What channels.toml says of it cannot be right.
        """
        if name not in self._opened:
            if name not in self._settings:
                raise SetupError(
                    f"the channel {name} is not in {FILE} any more",
                    fix="Put it back until its tickets have ended",
                )
            self._opened[name] = opened(self._settings[name], self._environment)
        return self._opened[name]

    async def close(self) -> None:
        """Let the connections of mailboxes go."""
        for connection in self._opened.values():
            closing = getattr(connection.helpdesk, "close", None)
            if closing is not None:
                await closing()
        self._opened.clear()


def opened(setting: ChannelSetting, environment: Environment) -> Connection:
    """Return a connection, ready to be asked; nothing is asked yet.

    Raises:
        SetupError: A secret is missing.
        WorkspaceError: What channels.toml says of it cannot be right.
    """
    if setting.kind == "webhook":
        return Connection(setting=setting, channel=_webhook(setting, environment), helpdesk=None)
    desk = _HELPDESKS[setting.kind](setting, environment)
    manners = Manners(
        after_reply=setting.after_reply,
        group=setting.group,
        tags=setting.tags,
        shadow=setting.mode == "shadow",
    )
    channel = HelpdeskChannel(lambda: desk, manners)
    return Connection(setting=setting, channel=channel, helpdesk=desk)


def _zendesk(setting: ChannelSetting, environment: Environment) -> Helpdesk:
    local = setting.texts["url"]
    return Zendesk(
        ZendeskSettings(
            subdomain=setting.texts["subdomain"],
            email=setting.texts["email"],
            url=local,
            allow_loopback=bool(local),
        ),
        ZendeskSecrets(
            token=_needed(setting, "token", environment),
            webhook=_several(setting, "webhook_secret", environment),
        ),
    )


def _intercom(setting: ChannelSetting, environment: Environment) -> Helpdesk:
    local = setting.texts["url"]
    return Intercom(
        IntercomSettings(
            admin_id=setting.texts["admin_id"],
            region=cast("Literal['us', 'eu', 'au']", setting.texts["region"]),
            base_url=local,
            allow_loopback=bool(local),
        ),
        IntercomSecrets(
            token=_needed(setting, "token", environment),
            client_secrets=_several(setting, "webhook_secret", environment),
        ),
    )


def _freshdesk(setting: ChannelSetting, environment: Environment) -> Helpdesk:
    local = setting.texts["url"]
    return Freshdesk(
        FreshdeskSettings(
            domain=setting.texts["domain"],
            portal_needs_login=setting.texts["portal"] == "login",
            base_url=local,
            allow_loopback=bool(local),
        ),
        FreshdeskSecrets(
            api_key=_needed(setting, "token", environment),
            hook_secrets=_several(setting, "webhook_secret", environment),
        ),
    )


def _chatwoot(setting: ChannelSetting, environment: Environment) -> Helpdesk:
    return Chatwoot(
        ChatwootSettings(
            url=setting.texts["url"],
            account_id=setting.texts["account_id"],
            network=cast("Literal['public', 'private', 'loopback']", setting.texts["network"]),
        ),
        ChatwootSecrets(
            token=_needed(setting, "token", environment),
            hook_secrets=_several(setting, "webhook_secret", environment),
        ),
    )


def _mail(setting: ChannelSetting, environment: Environment) -> Helpdesk:
    # The mail libraries take long to import, and most companies have a helpdesk instead.
    from firstline.channels.mail_desk import MailDesk  # noqa: PLC0415 - see above
    from firstline.channels.mail_settings import MailSettings  # noqa: PLC0415 - see above

    tokens = _tokens(setting, environment)
    password = "" if tokens else _needed(setting, "password", environment)
    own = secret_of(setting.name, "smtp_password", environment)
    texts, lists = setting.texts, setting.lists
    return MailDesk(
        MailSettings(
            address=texts["address"],
            name=texts["sender_name"],
            imap=_server(setting, "imap", texts["user"] or texts["address"], password or tokens),
            smtp=_server(
                setting,
                "smtp",
                texts["smtp_user"] or texts["user"] or texts["address"],
                own or password or tokens,
            ),
            key=_needed(setting, "key", environment).encode(),
            own_addresses=lists["own_addresses"],
            staff=lists["staff"],
            mailboxes=lists["mailboxes"] or ("INBOX",),
            searched=lists["searched"],
            sent=texts["sent"],
            files_sent_mail=texts["keeps_sent"] == "yes",
            plus_addresses=texts["plus_addresses"] == "yes",
            authservs=lists["authservs"],
            team=texts["team"],
        )
    )


def _tokens(setting: ChannelSetting, environment: Environment) -> AccessTokens | None:
    """Return what signs in where no password is taken; None: a password does."""
    from firstline.channels.mail_tokens import AccessTokens, MailApp  # noqa: PLC0415 - see _mail

    texts = setting.texts
    if not texts["client_id"]:
        return None
    return AccessTokens(
        MailApp(
            token_url=texts["token_url"],
            client_id=texts["client_id"],
            client_secret=_needed(setting, "client_secret", environment),
            scope=texts["scope"],
            refresh_token=secret_of(setting.name, "refresh_token", environment),
        )
    )


def _server(
    setting: ChannelSetting, which: str, user: str, secret: str | AccessTokens | None
) -> MailServer:
    from firstline.channels.mail_settings import MailServer  # noqa: PLC0415 - see _mail

    return MailServer(
        host=setting.texts[f"{which}_host"],
        port=setting.numbers[f"{which}_port"],
        security=cast("Security", setting.texts[f"{which}_security"]),
        user=user,
        password=secret if isinstance(secret, str) else "",
        tokens=None if isinstance(secret, str) else secret,
        authority=setting.texts["authority"],
    )


def _webhook(setting: ChannelSetting, environment: Environment) -> WebhookChannel:
    network = setting.texts["network"]
    return WebhookChannel(
        WebhookSettings(
            url=setting.texts["url"],
            deduplicates=setting.texts["receiver"] == "deduplicates",
            allow_private=network == "private",
            allow_loopback=network == "loopback",
            shadow=setting.mode == "shadow",
        ),
        WebhookSecrets(
            incoming=_several(setting, "webhook_secret", environment),
            outgoing=_several(setting, "outgoing_secret", environment),
        ),
    )


_HELPDESKS: Mapping[ChannelKind, Callable[[ChannelSetting, Environment], Helpdesk]] = {
    "zendesk": _zendesk,
    "intercom": _intercom,
    "freshdesk": _freshdesk,
    "chatwoot": _chatwoot,
    "email": _mail,
}


def _needed(setting: ChannelSetting, what: str, environment: Environment) -> str:
    value = secret_of(setting.name, what, environment)
    if not value:
        variable = variable_of(setting.name, what)
        raise SetupError(
            f"the channel {setting.name} has no {what.replace('_', ' ')}",
            place=Place(file=FILE, line=setting.line),
            fix=f"Set {variable}, or {variable}_FILE to a file that holds it",
        )
    return value


def _several(setting: ChannelSetting, what: str, environment: Environment) -> tuple[str, ...]:
    """Return secrets that are separated by commas: two while one is being replaced."""
    value = secret_of(setting.name, what, environment)
    return tuple(item for item in (part.strip() for part in value.split(",")) if item)
