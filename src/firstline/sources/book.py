"""What is known about customers when several sources know it, as one record.

Who the customer is says the customers file or one source; the others are asked by the id and the
address that stand there, and only when somebody needs a field of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from firstline.errors import SetupError
from firstline.records import CustomerId
from firstline.sources.asked import Asked, Row, Said, Who
from firstline.sources.failure import SourceFailure
from firstline.workspace.customer_index import emails_of
from firstline.workspace.customers import (
    CustomerBook,
    CustomerRecord,
    Lookup,
    name_of,
    version_of,
)
from firstline.workspace.record_fields import display, first_of

Fields = tuple[tuple[str, str], ...]
Owners = Callable[[str], frozenset[CustomerId]]
FIX = "Run `firstline doctor`; until the source answers, tickets that need it go to a person."
UNKNOWN = "no record has this id or e-mail address"
SEVERAL = "more than one record has this id or e-mail address"


class Identity(Protocol):
    """Who customers are: the customers file, or one source."""

    def look_up(self, reference: str) -> Lookup:
        """Return the customer's record; raises SetupError when nobody can say."""
        ...


class AskedIdentity:
    """Customers as one source knows them.

    Args:
        source: It is asked by the reference alone.
        key: The field that holds a customer's id.
    """

    def __init__(self, source: Asked, *, key: str) -> None:
        self._source = source
        self._key = key

    def look_up(self, reference: str) -> Lookup:
        """Return the customer that a reference names, never one that it does not.

        Raises:
            SetupError: The source cannot be asked, or its answer may not be used.
        """
        wanted = reference.strip()
        if not wanted:
            return Lookup(record=None, reason="no customer was named")
        try:
            said = self._source.ask(Who(reference=wanted))
            if not said.rows:
                return Lookup(record=None, reason=UNKNOWN)
            if len(said.rows) > 1:  # A setting that allows many rows does not say whose to take.
                return Lookup(record=None, reason=SEVERAL)
            return Lookup(record=self._record(said.rows[0], wanted, said.at), reason="")
        except SourceFailure as failure:
            raise _unusable(self._source.name, failure) from failure

    def _record(self, row: Row, wanted: str, at: datetime) -> CustomerRecord:
        key = display(row.get(self._key))
        if not key:
            raise SourceFailure(f"its answer has no `{self._key}`", unwell=False)
        emails = emails_of(row)
        # A query that finds by likeness, or ignores what it was asked by, finds somebody else.
        if wanted.casefold() not in (key.casefold(), *(one.casefold() for one in emails)):
            raise SourceFailure("its answer is about somebody else", unwell=False)
        fields = self._source.taken(row)
        asked_by = next((one for one in emails if one.casefold() == wanted.casefold()), "")
        return CustomerRecord(
            id=CustomerId(key),
            email=asked_by or (emails[0] if emails else ""),
            name=name_of(row),
            fields=fields,
            version=version_of(fields),
            fetched_at=at,
            source=self._source.name,
        )


class FileIdentity:
    """Customers as the customers file knows them."""

    def __init__(self, customers: CustomerBook) -> None:
        self._customers = customers

    def look_up(self, reference: str) -> Lookup:
        """As `Customers.look_up`."""
        return self._customers.look_up(reference)


class SourcedCustomers:
    """The customers of a workspace with [[sources]]. Safe to use from several threads.

    Args:
        identity: Who customers are.
        sources: What else is known about them.
        owners: Each tells whose an identifier is.
        closing: Called by `close`, beside the sources.
    """

    def __init__(
        self,
        identity: Identity,
        sources: Sequence[Asked] = (),
        *,
        owners: Sequence[Owners] = (),
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._identity = identity
        self._sources = {source.name: source for source in sources}
        self._owners = tuple(owners)
        self._closing = (*(source.close for source in sources), *closing)

    def find(self, reference: str, needs: tuple[str, ...] | None = None) -> CustomerRecord | None:
        """Return the customer with this key or e-mail address, with all that is needed.

        Raises:
            SetupError: Something that is needed cannot be read at the moment.
        """
        found = self.look_up(reference, needs)
        if found.missing:
            raise SetupError(found.missing[0], fix=FIX)
        return found.record

    def look_up(self, reference: str, needs: tuple[str, ...] | None = None) -> Lookup:
        """As `find`, with the reason when there is no record, and with what is missing of it.

        Raises:
            SetupError: Who the customer is cannot be found out at the moment.
        """
        found = self._identity.look_up(reference)
        if found.record is None:
            return found
        wanted = [self._sources[name] for name in self._wanted(needs)]
        if not wanted:
            return found
        who = Who(id=found.record.id, email=found.record.email)
        answers = dict(zip((one.name for one in wanted), _asked(wanted, who), strict=True))
        missing = tuple(
            f"{name}: {answer.problem}"
            for name, answer in answers.items()
            if isinstance(answer, SourceFailure)
        )
        return replace(found, record=_merged(found.record, answers), missing=missing)

    def owners_of(self, token: str) -> frozenset[CustomerId]:
        """Return the customers an identifier belongs to, as far as any source can tell.

        Raises:
            SetupError: One of them cannot be asked at the moment.
        """
        return frozenset(owner for owners in self._owners for owner in owners(token))

    def close(self) -> None:
        """Let connections go."""
        for close in self._closing:
            close()

    def _wanted(self, needs: tuple[str, ...] | None) -> Iterator[str]:
        named = None if needs is None else {first_of(need) for need in needs}
        yield from (name for name in self._sources if named is None or name in named)


def _asked(sources: Sequence[Asked], who: Who) -> list[tuple[Fields, datetime] | SourceFailure]:
    """Ask several sources at the same time; each is bounded in time by itself."""

    def ask(source: Asked) -> tuple[Fields, datetime] | SourceFailure:
        try:
            said: Said = source.ask(who)
            return source.fields_of(said), said.at
        except SourceFailure as failure:
            return failure

    if len(sources) == 1:
        return [ask(sources[0])]
    with ThreadPoolExecutor(len(sources), "firstline-sources") as pool:
        return list(pool.map(ask, sources))


def _merged(
    record: CustomerRecord, answers: Mapping[str, tuple[Fields, datetime] | SourceFailure]
) -> CustomerRecord:
    """Return a record with what was answered; a source's name is its own, whoever else has it."""
    known = [answer for answer in answers.values() if not isinstance(answer, SourceFailure)]
    own = (field for field in record.fields if first_of(field[0]) not in answers)
    fields = (*own, *(field for told, _ in known for field in told))
    return replace(
        record,
        fields=fields,
        version=version_of(fields),
        fetched_at=min((record.fetched_at, *(at for _, at in known))),
    )


def _unusable(name: str, failure: SourceFailure) -> SetupError:
    return SetupError(f"{name}: {failure.problem}", fix=FIX)
