"""The pages, one function each: read, then show."""

from __future__ import annotations

import logging
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, HTMLResponse, Response

from task_warehouse.dashboard.facts import NATION
from task_warehouse.following import access, beside, deliveries, figures, raw, sources, tasks
from task_warehouse.following.pages import Code, NotFoundError, PageDep, PageNumber, SearchText
from task_warehouse.following.rendering import asset

log = logging.getLogger(__name__)

SOURCE_ID = re.compile(r"[a-z0-9_-]{1,64}")
LISTED_CAUSES = 8
MEDIA_TYPES = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}

LineNumber = Annotated[int, Query(ge=0, le=10**12)]

_SUFFIXES = re.compile(r"(?:\.[a-z0-9]{1,8}){1,2}$")

router = APIRouter()


@router.get("/")
def overview(here: PageDep) -> HTMLResponse:
    """The nation's figures, and where to begin."""
    of_datasets, total = deliveries.totals(here.reading)
    return here.show(
        "overview.html.j2",
        nation=figures.scorecard(here.reading, NATION),
        outcomes=sources.outcomes(here.reading),
        causes=sources.causes(here.reading, sources.Wanted())[:LISTED_CAUSES],
        cause_texts=sources.cause_texts(),
        total=total,
        of_datasets=of_datasets,
    )


@router.get("/bodies")
def bodies(here: PageDep, kind: Code = "", q: SearchText = "") -> HTMLResponse:
    """The figures of every body."""
    cards = figures.scorecards(here.reading, kind, q)
    return here.show("bodies.html.j2", cards=cards, kind=kind, query=q, kinds=figures.KINDS)


@router.get("/tasks")
def list_tasks(
    here: PageDep,
    organisation: Code = "",
    figure: Code = "tasks",
    document: Code = "",
    source: Code = "",
    q: SearchText = "",
    sort: Code = "days_late",
    page: PageNumber = 1,
) -> HTMLResponse:
    """The tasks behind a figure."""
    card = figures.scorecard(here.reading, organisation or NATION)
    if figure not in figures.FIGURES or sort not in figures.SORTS or (organisation and not card):
        raise NotFoundError
    asked = figures.Asked(organisation, figure, document, source, q.strip(), sort, page)
    listed = figures.tasks(here.reading, asked)
    is_figure = card is not None and not (document or source or asked.query)
    return here.show(
        "tasks.html.j2",
        asked=asked,
        listed=listed,
        card=card,
        printed=getattr(card, figure) if is_figure else None,
        figure_names=figures.FIGURES,
        sorts=figures.SORTS,
    )


@router.get("/task")
def one_task(here: PageDep, key: Code) -> HTMLResponse:
    """One task with all that is known of it."""
    followed = tasks.follow(here.reading, key)
    if followed is None:
        raise NotFoundError
    return here.show(
        "task.html.j2", f=followed, task=followed.task, cause_texts=sources.cause_texts()
    )


@router.get("/document")
def one_document(here: PageDep, code: Code) -> HTMLResponse:
    """One document, what it carries out and what carries it out."""
    found = figures.document(here.reading, code)
    if found is None:
        raise NotFoundError
    return here.show(
        "document.html.j2", document=found, under=figures.documents_under(here.reading, code)
    )


def _delivery(here: PageDep, delivery_id: str) -> deliveries.Delivery:
    if not deliveries.DELIVERY_ID.fullmatch(delivery_id):
        raise NotFoundError
    found = deliveries.find(here.reading, delivery_id)
    if found is None:
        raise NotFoundError
    return found


DeliveryDep = Annotated[deliveries.Delivery, Depends(_delivery)]


@router.get("/delivery/{delivery_id}")
def one_delivery(
    here: PageDep,
    delivery: DeliveryDep,
    part: Code = "",
    line: LineNumber = 0,
    parsed: bool = False,
    page: PageNumber = 1,
) -> HTMLResponse:
    """One delivery, and the bytes around a line of it."""
    path = deliveries.content(here.reading, delivery)
    excerpt = None
    if path and line and here.sees_values:
        excerpt = raw.excerpt(path, delivery, part, line, parsed=parsed)
    found, findings_total = deliveries.findings(here.reading, delivery.delivery_id, page)
    return here.show(
        "delivery.html.j2",
        d=delivery,
        entry=delivery.entry,
        first=delivery.first,
        is_held=path is not None,
        is_lines=path is not None and raw.is_plain_lines(path, delivery),
        excerpt=excerpt,
        asked={"part": part, "line": line, "parsed": parsed},
        findings=found,
        findings_total=findings_total,
        page=page,
        page_rows=deliveries.PAGE_ROWS,
        cause_texts=sources.cause_texts(),
    )


@router.get("/delivery/{delivery_id}/bytes")
def raw_bytes(
    here: PageDep,
    delivery: DeliveryDep,
    reader: Annotated[str, Depends(access.require_engineer)],
) -> Response:
    """The bytes as they came, as a file to save; never shown by the browser."""
    path = deliveries.content(here.reading, delivery)
    if path is None:
        raise NotFoundError
    log.info("the bytes of delivery %s go to user %r", delivery.delivery_id, reader)
    first = delivery.first
    suffix = _SUFFIXES.search((first.original_name or "").lower())
    name = f"{first.source}-{first.dataset}-{first.business_date}-{delivery.delivery_id[:8]}"
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=name + (suffix.group() if suffix else ".bin"),
    )


@router.get("/deliveries")
def list_deliveries(
    here: PageDep,
    source: Code = "",
    dataset: Code = "",
    verdict: Code = "",
    reason: Code = "",
    having: Code = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Deliveries in the ledger; ``having`` names a count that must not be nothing."""
    if having and having not in deliveries.COUNTS:
        raise NotFoundError
    wanted = deliveries.Wanted(source, dataset, verdict, reason, having, page)
    rows, total = deliveries.entries(here.reading, wanted)
    return here.show(
        "deliveries.html.j2",
        wanted=wanted,
        rows=rows,
        total=total,
        page_rows=deliveries.PAGE_ROWS,
        verdicts=deliveries.VERDICTS,
        cause_texts=sources.cause_texts(),
    )


@router.get("/sources")
def list_sources(here: PageDep, status: Code = "") -> HTMLResponse:
    """Every source and dataset by its last outcome, those failing longest first."""
    return here.show(
        "sources.html.j2",
        outcomes=sources.outcomes(here.reading),
        rows=sources.states(here.reading, status),
        status=status,
    )


@router.get("/source/{source}")
def one_source(here: PageDep, source: str) -> HTMLResponse:
    """What one source owed and gave, day by day."""
    if not SOURCE_ID.fullmatch(source):
        raise NotFoundError
    attempts = sources.attempts(here.reading, source)
    state = sources.state_of(here.reading, source)
    if not attempts and not state:
        raise NotFoundError
    return here.show(
        "source.html.j2",
        source=source,
        state=state,
        history=sources.history(here.reading, source),
        attempts=attempts,
        causes=sources.causes(here.reading, sources.Wanted(source=source)),
        cause_texts=sources.cause_texts(),
    )


@router.get("/rejects")
def rejects(
    here: PageDep,
    check: Code = "",
    source: Code = "",
    dataset: Code = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Refused rows by cause; the rows themselves where a cause or a source is named."""
    wanted = sources.Wanted(check, source, dataset, page)
    rows, total = sources.rejects(here.reading, wanted) if check or source else ([], 0)
    return here.show(
        "rejects.html.j2",
        wanted=wanted,
        causes=sources.causes(here.reading, wanted),
        rows=deliveries.without_secrets(here.reading, rows),
        total=total,
        page_rows=sources.PAGE_ROWS,
        cause_texts=sources.cause_texts(),
    )


@router.get("/ledger")
def ledger(here: PageDep) -> HTMLResponse:
    """Rows received = accepted + rejected + duplicate, by dataset and by run."""
    of_datasets, total = deliveries.totals(here.reading)
    return here.show(
        "ledger.html.j2",
        of_datasets=of_datasets,
        total=total,
        runs=figures.runs(here.reading),
        published=here.reading.manifest.ledger,
        has_data_docs=beside.has_data_docs(here),
    )


@router.get("/assets/{name}")
def style(name: str) -> Response:
    """A style sheet or a picture of the pages."""
    content = asset(name)
    if content is None:
        raise NotFoundError
    return Response(content, media_type=MEDIA_TYPES[name.rpartition(".")[2]])


@router.api_route(
    "/{rest:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
)
def nothing_there(rest: str) -> HTMLResponse:
    """Any other address: the login is asked for before it is said that nothing is there."""
    del rest
    raise NotFoundError
