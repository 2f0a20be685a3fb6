"""What a draft was written from, as it stands now: it may have changed while the draft waited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from firstline.knowledge import Passage
from firstline.pipeline.parts import Parts
from firstline.pipeline.standing import Live, stale_uses, text_version
from firstline.records import Answer, Context, Evidence


def evidence_now(context: Context, parts: Parts, live: Live) -> Context:
    """Return the evidence with everything that changed as it is now, and withdrawn things gone.

    Raises:
        SetupError: The knowledge base or the customers cannot be read.
    """
    held = {item.id: item for old in context.evidence for item in _now(old, parts, live)}
    now = tuple(held.values())
    return context if now == context.evidence else replace(context, evidence=now)


def changed_sources(answer: Answer, parts: Parts, live: Live) -> tuple[str, ...]:
    """Return what a reply rests on that has changed since: documents, fixed answers, fields.

    Raises:
        SetupError: The knowledge base or the customers cannot be read.
    """
    stale = stale_uses(answer, parts, live)
    return tuple(dict.fromkeys(source for item in stale for source in item.sources))


def _now(item: Evidence, parts: Parts, live: Live) -> Iterator[Evidence]:
    match item.kind:
        case "passage" if live.passage_change(item.source, item.id, item.version) is not None:
            found = live.document(item.source, item.title).passages
            yield from (_passage(passage, item, parts) for passage in found)
        case "policy":
            text = live.policy(item.id)
            version = text_version(text)
            if text:
                yield item if version == item.version else replace(item, text=text, version=version)
        case "record":
            record = live.record(item.source)
            if record is None:
                return
            values = dict(record.fields) | ({"name": record.name} if record.name else {})
            fields = tuple((path, values[path]) for path, _ in item.fields if path in values)
            if fields == item.fields:
                yield item
            else:
                at = record.fetched_at
                yield replace(item, fields=fields, version=record.version, fetched_at=at)
        case _:
            yield item


def _passage(passage: Passage, before: Evidence, parts: Parts) -> Evidence:
    return Evidence(
        id=passage.id,
        kind="passage",
        source=passage.document,
        version=passage.version,
        text=passage.text,
        title=passage.title,
        url=passage.url,
        audience=passage.audience,
        score=before.score,
        fetched_at=parts.now(),
    )
