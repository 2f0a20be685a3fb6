"""The pages of knowledge: documents, what rests on them, gaps, recalls, and a question to try."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from firstline.desk.gap_pages import file_name, outline
from firstline.errors import InputError
from firstline.records import TicketId
from firstline.store.gap_marks import GapMark, GapMarks
from firstline.store.use_counts import SourceUse
from firstline.web.access.roles import Who, needs
from firstline.web.knowledge import document, library, missing, recalled, trial
from firstline.web.knowledge.views import PERIODS, Views, views_of
from firstline.web.pages import fragment, page, problem, redirect
from firstline.web.paths import told
from firstline.web.site import Here, Site

router = APIRouter(include_in_schema=False, prefix="/knowledge")
WAIT = 1.5
"""Seconds a page waits for what is not known yet."""
RENEW_WAIT = 5.0
"""Seconds a form waits for what it asked to be found out anew."""
Number = Annotated[int, Query(ge=1, le=100_000)]
Text = Annotated[str, Form(max_length=500)]


@router.get("", dependencies=[needs("agent")])
def documents(
    request: Request,
    site: Here,
    q: str = "",
    audience: str = "",
    condition: Annotated[str, Query(alias="is")] = "",
    order: str = "used",
    number: Annotated[Number, Query(alias="page")] = 1,
) -> Response:
    """List the documents."""
    asked = library.wanted(q, audience, condition, order, number)
    uses = views_of(request).uses.look(wait=WAIT)
    found = library.library(
        site.desk.opened.parts.knowledge.documents(),
        uses.value or {},
        asked,
        site.now().date(),
    )
    return page(
        request,
        "knowledge/documents.html",
        library=found,
        asked=asked,
        uses=uses,
        conditions=library.CONDITIONS,
        orders=library.ORDERS,
        problems=[told(str(one), site.desk.workspace) for one in site.desk.opened.problems],
    )


@router.get("/doc/{name:path}", dependencies=[needs("agent")])
def one_document(
    request: Request,
    site: Here,
    name: str,
    number: Annotated[Number, Query(alias="page")] = 1,
) -> Response:
    """Show a document: passages, versions, and the answers that rest on it."""
    views = views_of(request)
    uses = views.uses.look(wait=WAIT)
    knowledge = site.desk.opened.parts.knowledge
    resting = views.counts.resting(
        name, limit=document.LISTED, offset=(number - 1) * document.LISTED
    )
    last = None if uses.value is None or name not in uses.value else uses.value[name].last
    shown = document.shown(
        name,
        knowledge.documents(),
        knowledge.versions(name),
        views.counts.by_passage(name),
        total=SourceUse(sent=resting.sent, drafts=resting.drafts, last=last),
        workspace=site.desk.workspace,
        today=site.now().date(),
    )
    if shown is None:
        return _unknown(request, "No article has this id, and none ever had")
    pages = max(1, -(-resting.total // document.LISTED))
    return page(
        request,
        "knowledge/document.html",
        shown=shown,
        resting=resting,
        uses=uses,
        number=min(number, pages),
        pages=pages,
        address=lambda at: f"{shown.row.address}?page={at}#resting",
    )


@router.get("/try", dependencies=[needs("agent")])
def try_question(
    request: Request,
    site: Here,
    q: Annotated[str, Query(max_length=trial.LONGEST)] = "",
    *,
    everything: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """Show what the knowledge base has to say to a question."""
    trier = trial.Trier(site.desk.opened.parts, views_of(request).stemmer)
    tried = trier.answer(q, audience=None if everything else "public") if q.strip() else None
    return page(request, "knowledge/try.html", asked=q, tried=tried, everything=everything)


@router.get("/gaps", dependencies=[needs("agent")])
def gaps(
    request: Request,
    site: Here,
    period: str = "",
    state: str = "open",
    least: int = missing.SIZE,
    number: Annotated[Number, Query(alias="page")] = 1,
) -> Response:
    """List the groups of questions that no article answers."""
    asked = missing.gaps_wanted(period, state, least, number)
    known = views_of(request).gaps[asked.period].look(wait=WAIT)
    found = None
    if known.value is not None:
        groups = known.value.groups
        marks = GapMarks(site.desk.engine).of([name for gap in groups for name in gap.ids])
        found = missing.gap_list(groups, marks, asked)
    values = {
        "asked": asked,
        "known": known,
        "list": found,
        "periods": PERIODS,
        "sizes": missing.SIZES,
    }
    return _whole_or_part(request, site, "gaps", values)


@router.post("/gaps/look", dependencies=[needs("lead")])
def look_for_gaps(request: Request, period: Annotated[str, Form()] = "") -> Response:
    """Group the questions anew."""
    asked = missing.gaps_wanted(period, "open", missing.SIZE, 1)
    views_of(request).gaps[asked.period].renew(wait=RENEW_WAIT)
    return redirect(asked.address())


@router.get("/gaps/{key}.md", dependencies=[needs("agent")])
def gap_outline(request: Request, site: Here, person: Who, key: str, period: str = "") -> Response:
    """Download the outline of the article that a group of questions misses."""
    asked = missing.gaps_wanted(period, "open", missing.SIZE, 1)
    known = views_of(request).gaps[asked.period].look(wait=WAIT)
    found = None if known.value is None else missing.find(known.value.groups, key)
    if found is None:
        return _moved(request)
    number, gap = found
    site.access.saw(person, "gap", key, action="exported", detail=f"{gap.size} tickets")
    name = file_name(gap, number)
    return Response(
        outline(gap),
        media_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/gaps/{key}", dependencies=[needs("lead")])
def mark_gap(
    request: Request,
    site: Here,
    person: Who,
    key: str,
    action: Annotated[str, Form()],
    note: Text = "",
    period: Annotated[str, Form()] = "",
) -> Response:
    """Mark a group of questions as dealt with, or open it again."""
    asked = missing.gaps_wanted(period, "open" if action == "done" else "done", missing.SIZE, 1)
    known = views_of(request).gaps[asked.period].look(wait=WAIT)
    found = None if known.value is None else missing.find(known.value.groups, key)
    if found is None:
        return _moved(request)
    _, gap = found
    book = GapMarks(site.desk.engine)
    if action == "done":
        if not note.strip():
            raise InputError(
                "It does not say what was done",
                fix="Name the article that answers it, or say why none is needed",
            )
        mark = GapMark(title=gap.title, note=note.strip(), by=person.email, at=site.now())
        book.mark(gap.ids, mark)
    elif action == "open":
        book.unmark(gap.ids)
    else:
        raise InputError("There is no such action", fix="Use the buttons of the page")
    return redirect(asked.address())


@router.get("/recall", dependencies=[needs("agent")])
def recalls(
    request: Request,
    site: Here,
    person: Who,
    todo: str = "",
    number: Annotated[Number, Query(alias="page")] = 1,
) -> Response:
    """List the answers that rest on what has changed since."""
    asked = recalled.recalls_wanted(todo, number)
    views = views_of(request)
    known = views.changed.look(wait=WAIT)
    listed = None
    if known.value is not None:
        names = frozenset(str(one.id) for one in site.desk.opened.parts.knowledge.documents())
        listed = recalled.recall_list(known.value, names, asked)
        for card in listed.cards:
            site.access.saw(person, "ticket", card.item.ticket, detail="recall")
    values = {"asked": asked, "known": known, "list": listed}
    return _whole_or_part(request, site, "recall", values)


@router.post("/recall/look", dependencies=[needs("agent")])
def look_for_recalls(request: Request) -> Response:
    """Look anew for what has changed."""
    views_of(request).changed.renew(wait=RENEW_WAIT)
    return redirect("/knowledge/recall")


@router.post("/recall/{ticket}", dependencies=[needs("agent")])
def settle(
    request: Request,
    site: Here,
    person: Who,
    ticket: str,
    standing: Annotated[str, Form(max_length=100)],
    note: Text = "",
) -> Response:
    """Note that a recalled answer has been dealt with, as things stood when it was looked at."""
    views = views_of(request)
    found = _listed(views, ticket, standing)
    if found is None:
        detail = "It was dealt with already, or what it rests on has changed once more"
        return problem(
            request,
            409,
            "recall_changed",
            "That is not as it was",
            detail,
            fix="Look at the list again",
        )
    if not note.strip():
        raise InputError("It does not say what was done", fix="Say it in a few words")
    views.recalls.ledger.settle(
        TicketId(ticket), standing, by=person.email, note=note.strip(), at=site.now()
    )
    views.changed.renew(wait=RENEW_WAIT)
    return redirect("/knowledge/recall")


def _listed(views: Views, ticket: str, standing: str) -> object | None:
    """Return the recall of a ticket, as it is listed now."""
    known = views.changed.look(wait=RENEW_WAIT)
    return next(
        (one for one in known.value or () if one.ticket == ticket and one.standing == standing),
        None,
    )


def _whole_or_part(request: Request, site: Site, name: str, values: dict[str, Any]) -> Response:
    """Return a page, or of it the list alone when the script asks for that."""
    if request.headers.get("x-fragment"):
        common = {"person": request.state.person, "now": site.now()}
        return fragment(f"knowledge/{name}_list.html", **values, **common)
    return page(request, f"knowledge/{name}.html", **values)


def _unknown(request: Request, detail: str) -> Response:
    return problem(
        request,
        404,
        "not_found",
        "There is no such article",
        detail,
        fix="Look for it in the list of articles",
    )


def _moved(request: Request) -> Response:
    return problem(
        request,
        409,
        "gaps_changed",
        "The groups have changed",
        "New tickets came, and the questions were grouped anew since you opened the page",
        fix="Go back and look at the list again",
    )
