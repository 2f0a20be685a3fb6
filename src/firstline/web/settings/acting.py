"""Changing what goes out by itself: by the operator's functions, with who and why, seen at once."""

from __future__ import annotations

from firstline.errors import InputError
from firstline.pipeline.operating import LONGEST_REASON, Operator
from firstline.pipeline.release_reader import ReleaseReader
from firstline.store.autonomy import AutonomyStore
from firstline.store.people_records import Person
from firstline.web.settings.standing import TOPIC
from firstline.web.site import Site


def operator(site: Site, person: Person) -> Operator:
    """Return what changes autonomy in a person's name: their e-mail address stands in the log."""
    return Operator(AutonomyStore(site.desk.engine), by=person.email, now=site.now)


def told(site: Site) -> None:
    """Let this process see a change at once; the others do within half a second."""
    reader = site.desk.opened.parts.release
    if isinstance(reader, ReleaseReader):
        reader.forget()
    site.feed.changed(TOPIC)


def reason_of(written: str) -> str:
    """Return why somebody changes something.

    Raises:
        InputError: It is not said.
    """
    reason = " ".join(written.split())[:LONGEST_REASON]
    if not reason:
        raise InputError("It does not say why", fix="Give a reason; it is kept with the change")
    return reason
