"""From whom an identity provider vouches for to a person who works here."""

from __future__ import annotations

from datetime import datetime

from firstline.errors import InputError
from firstline.store.entry_codes import EntryCodeStore
from firstline.store.people import PeopleStore
from firstline.store.people_records import NewPerson, Person
from firstline.web.access.given import LONGEST_NAME, an_email, person_name
from firstline.web.access.sign_on import Proven, SignOnError

_DISABLED = "You may not sign in here any more. Ask an admin of your team"


def person_proven(
    people: PeopleStore, codes: EntryCodeStore, proven: Proven, now: datetime
) -> Person:
    """Return who this is here; somebody new becomes an agent.

    Somebody who is here with the same address, which the provider has verified, is taken for the
    same person from then on.

    Raises:
        SignOnError: They are disabled, nobody has set the server up yet, or somebody else has
            their address.
    """
    found = people.by_subject(proven.subject)
    if found is None:
        found = people.credentials(proven.email)
        can_be_linked = found is not None and not found.is_disabled
        if found and can_be_linked and not people.link(found.person.id, proven.subject):
            raise SignOnError("Somebody else has your e-mail address here. Ask an admin")
    if found is not None:
        if found.is_disabled:
            raise SignOnError(_DISABLED)
        return found.person
    if not codes.is_set_up():
        raise SignOnError("Nobody has set this server up yet: that needs the code it printed")
    return _added(people, proven, now)


def _added(people: PeopleStore, proven: Proven, now: datetime) -> Person:
    last: InputError | None = None
    for name in (proven.name, proven.email):  # Names may be taken; the address tells them apart.
        try:
            new = NewPerson(
                email=an_email(proven.email),
                name=person_name(name[:LONGEST_NAME]),
                role="agent",
                hashed="",
                subject=proven.subject,
            )
            return people.add(new, None, now)
        except InputError as error:
            last = error
    raise SignOnError("Your name or e-mail address cannot be used here") from last
