"""The output gate: may what the reply holds leave?

A reply is plain text. Its links and addresses are those that the evidence has, letter for letter,
on hosts of the allow-list; whatever could make a reader's program fetch, run, hide or smuggle
something is refused, whoever put it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from firstline.proof.courtesies import courtesies
from firstline.proof.outgoing.addresses import (
    MOST,
    Address,
    emails_in,
    host_name,
    links_in,
    parts_of,
)
from firstline.proof.outgoing.fault import Fault
from firstline.proof.outgoing.markup import markup, readings
from firstline.proof.outgoing.payloads import may_be_payload, payloads
from firstline.proof.outgoing.unseen import unseen
from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.sentences import plain
from firstline.proof.subject import Subject, blocked
from firstline.records import Evidence, Finding, Sentence

_LONGEST = 20_000
"""Characters of a sentence that are read; a longer one is refused as it is."""
_MOST_FINDINGS = 40
_MASK = "**"
"""In the name of an address that is shown masked: nobody can write to it."""


class _Held(NamedTuple):
    """What a text has that could be followed, in the spelling it is compared in."""

    links: frozenset[str]
    hosts: frozenset[str]
    emails: frozenset[str]


class _Allowed(NamedTuple):
    """What one sentence may hold."""

    held: _Held
    hosts: frozenset[str]
    """The company's allow-list."""
    words: str
    """All the evidence's text."""
    plain_http: bool
    """Whether a link of the evidence may be followed without encryption."""


def allowed_links(subject: Subject) -> tuple[Finding, ...]:
    """Check every sentence: plain text only, and only links and addresses of the evidence."""
    return tuple(islice(_findings(subject), _MOST_FINDINGS))


def _findings(subject: Subject) -> Iterator[Finding]:
    if _nothing_to_follow([item.text for item in subject.draft.sentences]):
        return
    hosts = frozenset(host_name(host) for host in subject.workspace.settings.links)
    words = "\n".join(text for item in subject.evidence for text in _texts(item))
    agreed = courtesies(subject.workspace)
    addresses = _addresses(subject)
    everything = _everything(subject) if subject.foreign else None
    for at, sentence in enumerate(subject.draft.sentences):
        held = everything or _held(subject, sentence, agreed)
        held = held._replace(emails=held.emails | addresses)
        allowed = _Allowed(held, hosts, words, subject.foreign)
        for fault in _faults(sentence.text, allowed):
            yield blocked(
                "links",
                fault.detail,
                code=fault.code,
                sentence=at,
                span=(fault.start, fault.end),
            )


def _nothing_to_follow(texts: Sequence[str]) -> bool:
    """Whether a reply plainly holds nothing that any sentence of it could be refused for.

    Looking once at the whole is many times quicker than at each sentence, and nearly all replies
    hold nothing. Whatever a sentence holds, the whole holds too; so it is only ever too careful.
    """
    if any(len(text) > _LONGEST for text in texts):
        return False
    whole = "\n\n".join(texts)
    if next(unseen(whole), None) or next(markup(whole), None):
        return False
    found = (links_in(whole), emails_in(whole), readings(whole))
    return not may_be_payload(whole) and all(next(iter(some), None) is None for some in found)


def _faults(text: str, allowed: _Allowed) -> Iterator[Fault]:
    if len(text) > _LONGEST:
        yield Fault("too_long", "a sentence too long to be read", 0, len(text))
        return
    hidden = list(unseen(text))
    yield from hidden
    # A lone surrogate is no character: the patterns cannot read it.
    read = text.encode("utf-8", "replace").decode("utf-8")
    yield from markup(read)
    found = list(islice(links_in(read), MOST + 1))
    yield from _refused(found, allowed)
    mails = list(islice(emails_in(read), MOST + 1))
    yield from _unknown_emails(mails, allowed.held)
    yield from payloads(_without(read, [*found, *mails]), allowed.words)
    for reading in readings(read):
        # What only shows once it is decoded was not meant to be seen.
        fault = next(_refused(islice(links_in(reading), MOST + 1), allowed), None)
        if fault is not None:
            yield fault._replace(start=0, end=len(text))
            return


def _refused(found: Iterable[Address], allowed: _Allowed) -> Iterator[Fault]:
    for number, link in enumerate(found):
        if number >= MOST:
            yield Fault("too_many", "too many links", link.start, link.end)
            return
        code, detail = _judged(link, allowed)
        if code:
            yield Fault(code, detail, link.start, link.end)


def _judged(link: Address, allowed: _Allowed) -> tuple[str, str]:
    """Return why a link is refused; nothing when it may be followed."""
    if link.spelled:
        return "spelled", "an address spelled so that it does not look like one"
    if link.text.rstrip("/\\").endswith(":"):
        return "", ""  # "begins with https://" leads nowhere
    if link.bare:
        return _bare(link.text, allowed)
    if not link.text.lower().startswith(("https://", "http://")):
        return "scheme", "a link is not https"
    return _followed(link.text, allowed)


def _followed(link: str, allowed: _Allowed) -> tuple[str, str]:
    """Return why a web link is refused."""
    host, spelled = parts_of(link)
    if not host:
        return "unreadable", "a link cannot be read"
    held = spelled in allowed.held.links
    scheme, _, rest = spelled.partition("://")
    if scheme != "https" and not (allowed.plain_http and held):
        return "scheme", "a link is not https"
    if not rest.startswith(host) or rest[len(host) : len(host) + 1] not in {"", "/", "?", "#"}:
        return "userinfo", "a link names a user or a port"
    if host not in allowed.hosts:
        return "host", "a link leads to a host that is not on the allow-list"
    return ("", "") if held else ("not_in_evidence", "a link is not in the evidence")


def _bare(text: str, allowed: _Allowed) -> tuple[str, str]:
    """Return why a host without a scheme is refused: mail programs make it a link all the same."""
    host, link = parts_of(f"https://{text}")
    if not host:
        return "unreadable", "a link cannot be read"
    if link == f"https://{host}":
        if host in allowed.held.hosts or host in allowed.hosts:
            return "", ""
        return "host", "a host that is not in the evidence"
    if link not in allowed.held.links:
        return "not_in_evidence", "a link is not in the evidence"
    if host in allowed.hosts:
        return "", ""
    return "host", "a link leads to a host that is not on the allow-list"


def _unknown_emails(found: Iterable[Address], held: _Held) -> Iterator[Fault]:
    for number, address in enumerate(found):
        if number >= MOST:
            yield Fault("too_many", "too many addresses", address.start, address.end)
            return
        if address.spelled:
            detail = "an address spelled so that it does not look like one"
            yield Fault("spelled", detail, address.start, address.end)
        elif not _may_be_named(_mail(address.text), held):
            detail = "an e-mail address that is not in the evidence"
            yield Fault("email", detail, address.start, address.end)


def _may_be_named(mail: str, held: _Held) -> bool:
    """Return whether the evidence has an address; of a masked one, its host has to be there."""
    name, _, host = mail.rpartition("@")
    if _MASK in name:
        return any(known.rpartition("@")[2] == host for known in held.emails)
    return mail in held.emails


def _mail(address: str) -> str:
    name, _, host = address.rpartition("@")
    return f"{name.lower()}@{host_name(host)}"


def _everything(subject: Subject) -> _Held:
    """Return what a reply of another system may hold: what any of the evidence has."""
    texts = [text for item in subject.evidence for text in _texts(item)]
    return _joined(_held_in(text) for text in [*texts, *(item.url for item in subject.evidence)])


def _held(subject: Subject, sentence: Sentence, agreed: frozenset[str]) -> _Held:
    """Return what a sentence of ours may hold: what the evidence it names has."""
    evidence = subject.held
    items = [evidence[key] for key in sentence.evidence if key in evidence]
    texts = [text for item in items for text in _texts(item)]
    if sentence.text.startswith(SOURCE_PREFIX):
        texts.extend(item.url for item in items)
    if plain(sentence.text) in agreed:
        texts.append(sentence.text)
    return _joined(_held_in(text) for text in texts)


def _texts(item: Evidence) -> Iterator[str]:
    if item.text:
        yield item.text
    for _, value in item.fields:
        if "." in value or len(value) >= _WORTH_READING:
            yield value


_WORTH_READING = 16
"""Characters from which a field without a full stop may hold what a reply repeats."""


@lru_cache(maxsize=1_024)
def _held_in(text: str) -> _Held:
    read = text.encode("utf-8", "replace").decode("utf-8")
    links, hosts = set(), set()
    for link in links_in(read):
        if link.spelled:
            continue
        host, spelled = parts_of(f"https://{link.text}" if link.bare else link.text)
        if host:
            links.add(spelled)
            hosts.add(host)
    mails = {_mail(address.text) for address in emails_in(read) if not address.spelled}
    hosts.update(mail.rpartition("@")[2] for mail in mails)
    return _Held(frozenset(links), frozenset(hosts), frozenset(mails))


def _joined(found: Iterable[_Held]) -> _Held:
    links: set[str] = set()
    hosts: set[str] = set()
    emails: set[str] = set()
    for held in found:
        links |= held.links
        hosts |= held.hosts
        emails |= held.emails
    return _Held(frozenset(links), frozenset(hosts), frozenset(emails))


def _addresses(subject: Subject) -> frozenset[str]:
    """Return the addresses any sentence may name: the company's, and those of any evidence.

    Another system's reply may also repeat an address that the customer gave.
    """
    told = {_mail(address) for address in subject.workspace.settings.own_addresses}
    texts = [text for item in subject.evidence for text in _texts(item)]
    if subject.foreign:
        texts.extend((subject.asked, *subject.earlier))
    return frozenset(told).union(*(_held_in(text).emails for text in texts))


def _without(text: str, found: Iterable[Address]) -> str:
    """Return a text with addresses blanked out, at the same length."""
    pieces: list[str] = []
    end = 0
    for address in sorted(found, key=lambda item: item.start):
        if address.start < end:
            continue
        pieces.extend((text[end : address.start], " " * (address.end - address.start)))
        end = address.end
    return "".join((*pieces, text[end:]))
