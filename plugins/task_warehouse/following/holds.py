"""Deliveries that wait for a person: the list for all readers, the decision for those who may.

Who may answer Airflow's own question about a held delivery may answer it here; both record the
same decision. A form of another site cannot: what comes with the cookie alone must come from a
page of ours.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from fastapi import APIRouter, Depends, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from task_warehouse import holding
from task_warehouse.errors import UsageError
from task_warehouse.following.access import require_reader
from task_warehouse.following.deliveries import DELIVERY_ID
from task_warehouse.following.pages import Code, NotFoundError, PageDep
from task_warehouse.following.sources import cause_texts

log = logging.getLogger(__name__)

DECIDING_DAG = "decide"
router = APIRouter()


def may_decide(user: Annotated[Any, Depends(require_reader)]) -> bool:
    """Whether the user may answer what the DAG ``decide`` asks."""
    return bool(
        get_auth_manager().is_authorized_dag(
            method="PUT",
            access_entity=DagAccessEntity.HITL_DETAIL,
            details=DagDetails(id=DECIDING_DAG),
            user=user,
        )
    )


def require_decider(
    user: Annotated[Any, Depends(require_reader)], allowed: Annotated[bool, Depends(may_decide)]
) -> str:
    """The name of the user, who may decide; 403 otherwise."""
    if not allowed:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Forbidden")
    return str(user.get_name())


def require_own_page(request: Request) -> None:
    """Refuse a form that another site's page sent with the cookie of somebody logged in.

    Airflow's cookie is SameSite=Lax already; this holds where a browser or a neighbour on the same
    site does not. A bearer token is not sent by a browser of its own accord.
    """
    if request.headers.get("authorization", "").casefold().startswith("bearer "):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_ours = site == "same-origin" if site else origin is not None
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        is_ours = False
    if not is_ours:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Forbidden")


@router.get("/held")
def list_held(
    here: PageDep,
    allowed: Annotated[bool, Depends(may_decide)],
    delivery: Code = "",
    trouble: Code = "",
) -> HTMLResponse:
    """What waits for a person, and what persons decided lately."""
    made = holding.decisions(here.reading.home)
    latest = sorted(made.values(), key=lambda said: said.decided_at, reverse=True)
    return here.show(
        "held.html.j2",
        waiting=holding.held_deliveries(here.reading.home),
        decided=latest[:50],
        just=made.get(delivery),
        trouble=trouble if trouble in ("note", "other") else "",
        may_decide=allowed,
        cause_texts=cause_texts(),
    )


@router.post("/held", dependencies=[Depends(require_own_page)])
def decide(
    request: Request,
    decider: Annotated[str, Depends(require_decider)],
    delivery: Annotated[str, Form(max_length=64)],
    decision: Annotated[str, Form(max_length=16)],
    note: Annotated[str, Form(max_length=4000)] = "",
    lang: Annotated[str, Form(max_length=2)] = "vi",
) -> Response:
    """Record a decision as the command line does, and show the list again."""
    if not DELIVERY_ID.fullmatch(delivery):
        raise NotFoundError
    trouble = ""
    try:
        home = request.app.state.library.home
        said = holding.decide(home, delivery, decision, note=note, by=decider, at=datetime.now(UTC))
        log.info("%s: %s, by %s", delivery, said.decision, said.decided_by)
    except UsageError as error:
        log.info("%s was not decided: %s", delivery, error.what)
        trouble = "note" if "--note" in error.what else "other"
    root = str(request.scope.get("root_path", "")).rstrip("/")
    asked = f"?delivery={delivery}" + (f"&trouble={trouble}" if trouble else "")
    language = "&lang=en" if lang == "en" else ""
    return RedirectResponse(f"{root}/held{asked}{language}", status.HTTP_303_SEE_OTHER)
