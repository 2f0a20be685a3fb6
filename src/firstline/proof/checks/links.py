"""May every link of the reply be followed, and does the evidence give it?"""

from __future__ import annotations

from urllib.parse import urlsplit

from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.subject import Subject, blocked
from firstline.proof.values import links
from firstline.records import Finding, Sentence


def allowed_links(subject: Subject) -> tuple[Finding, ...]:
    """Check every link against the allow-list and the evidence of its sentence."""
    hosts = {host.lower() for host in subject.workspace.settings.links}
    found = []
    for at, sentence in enumerate(subject.draft.sentences):
        held = _held_links(subject, sentence)
        for link in links(sentence.text):
            why = _refused(link, hosts)
            if not why and link not in held:
                why = "a link is not in the evidence"
            if why:
                found.append(blocked("links", why, sentence=at))
    return tuple(found)


def _held_links(subject: Subject, sentence: Sentence) -> set[str]:
    held: set[str] = set()
    evidence = subject.held
    for key in sentence.evidence:
        item = evidence.get(key)
        if item is not None:
            held.update(links(item.text))
            if sentence.text.startswith(SOURCE_PREFIX):
                held.add(item.url)
    return held


def _refused(link: str, hosts: set[str]) -> str:
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "a link cannot be read"
    if parts.scheme != "https":
        return "a link is not https"
    if parts.username is not None or port is not None:
        return "a link names a user or a port"
    return "" if host in hosts else "a link leads to a host that is not on the allow-list"
