"""Validate: every check runs on every draft, and a check that cannot run blocks it.

| check     | blocks when                                                                  |
|-----------|------------------------------------------------------------------------------|
| contract  | the draft is empty, too long, or in another language than the ticket          |
| proof     | a sentence is not proven by the evidence it names                             |
| current   | evidence was changed or withdrawn since it was read, or is not public         |
| customer  | the reply holds an identifier of anybody else                                 |
| links     | a link is not https, not on the allow-list, or not in the evidence            |
| forbidden | the reply says something the company never says                               |
| answered  | the reply says nothing but courtesies                                         |
| premise   | (warns) an earlier reply stated what no longer stands                         |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from firstline.observe import log, place_of
from firstline.pipeline.parts import Parts
from firstline.pipeline.premises import outdated
from firstline.pipeline.writer import without_name
from firstline.proof.grounds import unproven
from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.sentences import plain, word_count, words
from firstline.proof.values import emails, links, values
from firstline.records import Context, Draft, Evidence, EvidenceId, Finding, Route, Sentence, Ticket

COURTESY_WORDS = 60
"""Words a greeting, closing and disclosure may add to the company's limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the checks look at."""

    ticket: Ticket
    route: Route
    context: Context
    draft: Draft
    parts: Parts

    @property
    def evidence(self) -> Mapping[EvidenceId, Evidence]:
        """The evidence by id."""
        return {item.id: item for item in self.context.evidence}


Check = Callable[[Subject], object]
"""Returns findings, none when all is well. What else it returns is taken for a failure."""


async def validate_stage(
    ticket: Ticket,
    route: Route,
    context: Context,
    draft: Draft,
    *,
    parts: Parts,
    checks: Mapping[str, Check] | None = None,
) -> tuple[Finding, ...]:
    """Return what every check says; nothing to check (no reply proposed) gives no findings."""
    if draft.action == "escalate":
        return ()
    subject = Subject(ticket=ticket, route=route, context=context, draft=draft, parts=parts)
    findings: list[Finding] = []
    for name, check in (CHECKS if checks is None else checks).items():
        findings.extend(_run(name, check, subject))
    return tuple(findings)


def _run(name: str, check: Check, subject: Subject) -> tuple[Finding, ...]:
    try:
        found = check(subject)
    except Exception as error:  # noqa: BLE001 - a check that cannot run must block, whatever it raised
        where = f"{type(error).__name__} at {place_of(error)}"
        log.error("check_failed", ticket=subject.ticket.id, check=name, detail=where)
        return (_block(name, f"the check could not run ({where})"),)
    if not isinstance(found, tuple):
        return (_block(name, "the check gave no findings"),)
    findings = tuple(item for item in found if isinstance(item, Finding))
    if len(findings) != len(found):
        return (_block(name, "the check gave something else than findings"),)
    return findings or (Finding(check=name, result="pass", detail=""),)


def _block(check: str, detail: str, sentence: int | None = None) -> Finding:
    return Finding(check=check, result="block", detail=detail, sentence=sentence)


def contract(subject: Subject) -> tuple[Finding, ...]:
    """Check the draft's form: something to say, short enough, in the ticket's language."""
    draft, settings = subject.draft, subject.parts.workspace.settings
    found = []
    if not draft.sentences or not all(sentence.text.strip() for sentence in draft.sentences):
        found.append(_block("contract", "the draft has an empty sentence or none"))
    size = sum(word_count(item.text) for item in draft.sentences if item.kind != "courtesy")
    if size > settings.max_words:
        found.append(_block("contract", f"{size} words, the limit is {settings.max_words}"))
    total = word_count(draft.text)
    if total > settings.max_words + COURTESY_WORDS:
        found.append(_block("contract", f"{total} words with courtesies"))
    told = subject.ticket.language.code
    if draft.language not in settings.languages or told not in (draft.language, "und"):
        found.append(_block("contract", f"written in {draft.language} for a ticket in {told}"))
    return tuple(found)


def proof(subject: Subject) -> tuple[Finding, ...]:
    """Check that every sentence is proven by the evidence it names."""
    workspace = subject.parts.workspace
    voice = workspace.voice
    spec = workspace.intent(subject.route.intent)
    lines = (voice.opening, voice.closing, workspace.settings.disclosure)
    courtesies = {plain(line) for line in (without_name(voice.greeting), *lines)}
    questions = {plain(spec.clarify)} if spec and spec.clarify else set()
    evidence = subject.evidence
    found = []
    for at, sentence in enumerate(subject.draft.sentences):
        why = unproven(
            sentence,
            evidence,
            courtesies=courtesies,
            questions=questions,
            greeting=voice.greeting,
        )
        if why:
            found.append(_block("proof", why, at))
    return tuple(found)


def current(subject: Subject) -> tuple[Finding, ...]:
    """Check that passages still stand in the knowledge base as they were read."""
    found = []
    evidence = subject.evidence
    for at, sentence in enumerate(subject.draft.sentences):
        for key in sentence.evidence:
            item = evidence.get(key)
            if item is None or item.kind != "passage":
                continue
            now = subject.parts.knowledge.passage(item.id)
            if now is None or now.version != item.version:
                found.append(_block("current", f"{key} was changed or withdrawn", at))
            elif now.audience != "public":
                found.append(_block("current", f"{key} is internal", at))
    return tuple(found)


def customer(subject: Subject) -> tuple[Finding, ...]:
    """Check that nothing in the reply identifies anybody but this customer."""
    found = []
    own = subject.ticket.customer if subject.ticket.verified else None
    public = _public_text(subject)
    for at, sentence in enumerate(subject.draft.sentences):
        for key in sentence.evidence:
            item = subject.evidence.get(key)
            if item is not None and item.kind == "record" and not _owns(subject, item, own):
                found.append(_block("customer", "it rests on somebody else's record", at))
        for token in {*values(sentence.text), *emails(sentence.text)}:
            if token.casefold() in public:
                continue
            if _is_foreign(subject, token, own):
                found.append(_block("customer", "it holds somebody else's identifier", at))
    return tuple(found)


def _owns(subject: Subject, record: Evidence, own: str | None) -> bool:
    customers = subject.parts.customers
    if own is None or customers is None:
        return False
    mine = customers.find(own)
    return mine is not None and mine.id == record.source


def _is_foreign(subject: Subject, token: str, own: str | None) -> bool:
    customers = subject.parts.customers
    if customers is None:
        return False
    owners = customers.owners_of(token)
    mine = customers.find(own) if own is not None else None
    return bool(owners) and (mine is None or mine.id not in owners)


def _public_text(subject: Subject) -> str:
    """Return what the company publishes: its own numbers and addresses are nobody's."""
    return " ".join(
        item.text.casefold()
        for item in subject.context.evidence
        if item.kind in ("passage", "policy") and item.audience == "public"
    )


def allowed_links(subject: Subject) -> tuple[Finding, ...]:
    """Check every link against the allow-list and the evidence of its sentence."""
    hosts = {host.lower() for host in subject.parts.workspace.settings.links}
    found = []
    for at, sentence in enumerate(subject.draft.sentences):
        held = _held_links(subject, sentence)
        for link in links(sentence.text):
            why = _refused(link, hosts)
            if not why and link not in held:
                why = "a link is not in the evidence"
            if why:
                found.append(_block("links", why, at))
    return tuple(found)


def _held_links(subject: Subject, sentence: Sentence) -> set[str]:
    held: set[str] = set()
    for key in sentence.evidence:
        item = subject.evidence.get(key)
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


def forbidden(subject: Subject) -> tuple[Finding, ...]:
    """Check the reply against the phrases the company never uses."""
    text = plain(subject.draft.text).casefold()
    return tuple(
        _block("forbidden", f"it says “{phrase}”")
        for phrase in subject.parts.workspace.policies.forbidden
        if plain(phrase).casefold() in text
    )


def answered(subject: Subject) -> tuple[Finding, ...]:
    """Check that the reply has something in it besides courtesies."""
    wanted = "question" if subject.draft.action == "clarify" else None
    for sentence in subject.draft.sentences:
        if sentence.text.startswith(SOURCE_PREFIX):
            continue
        if wanted is None and sentence.kind in ("quote", "record", "computed"):
            if sentence.kind != "record" or len(words(sentence.text)) > len(("Hello", "Name")):
                return ()
        elif sentence.kind == wanted:
            return ()
    return (_block("answered", "the reply does not answer anything"),)


def premises(subject: Subject) -> tuple[Finding, ...]:
    """Check that what earlier automatic replies stated still stands; a follow-up rests on it."""
    stale = outdated(subject.ticket, subject.context, parts=subject.parts)
    if not stale:
        return ()
    detail = f"{len(stale)} statements of an earlier reply no longer stand"
    return (Finding(check="premise", result="warn", detail=detail),)


CHECKS: Mapping[str, Check] = {
    "contract": contract,
    "proof": proof,
    "current": current,
    "customer": customer,
    "links": allowed_links,
    "forbidden": forbidden,
    "answered": answered,
    "premise": premises,
}
