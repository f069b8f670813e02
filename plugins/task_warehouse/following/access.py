"""Who may see these pages: Airflow's own login, asked for by every route.

Airflow serves a plugin's routes to anyone unless the plugin asks. The bearer token and the cookie
of the web UI both count, as they do for Airflow's own pages. Values as received (raw lines, refused
values, the bytes) are for data engineers: those who may operate the DAG that checks deliveries.
"""

from __future__ import annotations

import logging
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagDetails
from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, HTTPException, status

log = logging.getLogger(__name__)

ENGINEERS_DAG = "check"


def require_reader(user: Annotated[Any, Depends(get_user)]) -> Any:
    """The logged-in user, who may use Airflow's web UI; 401 or 403 otherwise."""
    if not get_auth_manager().is_authorized_view(access_view=AccessView.WEBSITE, user=user):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Forbidden")
    return user


def is_engineer(user: Annotated[Any, Depends(require_reader)]) -> bool:
    """Whether values as received may be shown to the user."""
    return bool(
        get_auth_manager().is_authorized_dag(
            method="PUT", details=DagDetails(id=ENGINEERS_DAG), user=user
        )
    )


def require_engineer(
    user: Annotated[Any, Depends(require_reader)], allowed: Annotated[bool, Depends(is_engineer)]
) -> str:
    """The name of the user, who may see values as received; 403 otherwise."""
    if not allowed:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Forbidden")
    return str(user.get_name())
