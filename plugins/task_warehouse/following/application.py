"""The app that the Airflow plugin mounts: every route behind Airflow's login, nothing cached."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import duckdb
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response

from task_warehouse.errors import NoDataError, StorageError
from task_warehouse.following import beside, holds
from task_warehouse.following.access import require_reader
from task_warehouse.following.library import Library
from task_warehouse.following.pages import NotFoundError, frame_of
from task_warehouse.following.rendering import render
from task_warehouse.following.routes import router
from task_warehouse.settings import Home

log = logging.getLogger(__name__)

HEADERS = {
    # No script at all; shown inside Airflow's own pages and nowhere else.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def create_app(home: Home | None = None) -> FastAPI:
    """The app over the data root ``home``, by default the one the environment names."""
    app = FastAPI(
        title="Follow a number",
        dependencies=[Depends(require_reader)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.library = Library(home or Home.from_environment())
    app.include_router(holds.router)
    app.include_router(beside.router)
    app.include_router(router)
    app.middleware("http")(_with_headers)
    app.exception_handler(HTTPException)(_refuse)
    app.exception_handler(NotFoundError)(_not_found)
    app.exception_handler(RequestValidationError)(_not_found)
    app.exception_handler(NoDataError)(_no_data)
    for fault in (duckdb.IOException, StorageError, FileNotFoundError):
        app.exception_handler(fault)(_moved)
    return app


async def _with_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await answer(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refuse(request: Request, error: HTTPException) -> Response:
    """A page for a person, JSON for a program; the status says the same to both."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": error.detail}, error.status_code)
    said = "login" if error.status_code == HTTPStatus.UNAUTHORIZED else "forbidden"
    return _say(request, said, error.status_code)


def _not_found(request: Request, error: Exception) -> Response:
    del error
    return _say(request, "not_found", HTTPStatus.NOT_FOUND)


def _no_data(request: Request, error: Exception) -> Response:
    del error
    return _say(request, "no_data", HTTPStatus.SERVICE_UNAVAILABLE)


def _moved(request: Request, error: Exception) -> Response:
    # A replay or a clean-up took a file away while the page was being read.
    log.warning("a page could not be read: %s", error)
    return _say(request, "moved", HTTPStatus.SERVICE_UNAVAILABLE)


def _say(request: Request, said: str, status: int) -> HTMLResponse:
    context = frame_of(request).context()
    return HTMLResponse(render("said.html.j2", {**context, "manifest": None, "said": said}), status)
