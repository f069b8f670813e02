"""The pages leaders open in the morning, drawn from one published snapshot.

Static, complete in themselves, Vietnamese with English beside; they work from a file share, on
paper and without script. Every figure leads to a page with its tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import duckdb

from task_warehouse.dashboard import facts
from task_warehouse.dashboard.pages import Site
from task_warehouse.snapshots import DATABASE_NAME, Manifest

__all__ = ["render"]


def render(snapshot: Path, previous: Sequence[Path] = ()) -> None:
    """Write ``dashboard/`` into the folder of a snapshot that has its database and manifest.

    ``previous`` are folders of earlier snapshots, to show what changed since. Raises AuditError
    when a figure of a scorecard is not the number of tasks it leads to.
    """
    manifest = Manifest.read(snapshot)
    folder = snapshot / "dashboard"
    folder.mkdir()
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True) as connection:
        morning = facts.read_morning(connection, manifest, previous)
        day = manifest.as_of_date
        site = Site(folder, morning)
        by_class = {
            status_class: list(tasks)
            for status_class, tasks in groupby(
                facts.tasks_by_class(connection, day), key=lambda task: task.owner
            )
        }
        site.write_morning(by_class)
        site.write_classes(by_class)
        site.write_movement()
        site.write_topics()
        site.write_documents(facts.tasks_by_document(connection, day, site.documents))
        site.write_bodies(facts.tasks_by_body(connection, day, morning.scorecards))
