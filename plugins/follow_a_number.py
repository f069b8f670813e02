"""Airflow plugin: the pages of "Follow a number", mounted in the API server.

Airflow loads plugins in every one of its processes; only the API server serves pages, so the app
and all it needs are imported at the first request.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/follow"


@cache
def _app() -> Any:
    from task_warehouse.following.application import create_app

    return create_app()


async def follow_a_number(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI app; every route of it asks for Airflow's login itself."""
    await _app()(scope, receive, send)


class FollowANumber(AirflowPlugin):
    """From a figure to its tasks, reports, deliveries, lines and bytes."""

    name = "follow_a_number"
    fastapi_apps = [  # noqa: RUF012 - the attribute is Airflow's
        {"name": "Follow a number", "app": follow_a_number, "url_prefix": PREFIX}
    ]
    external_views = [  # noqa: RUF012
        {
            "name": "Follow a number",
            # Relative to the base of Airflow's own page, wherever that is deployed.
            "href": PREFIX.removeprefix("/") + "/",
            "url_route": "follow-a-number",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
