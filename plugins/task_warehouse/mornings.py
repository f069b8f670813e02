"""What each morning showed, kept for ever, and why it would be shown otherwise today.

Snapshots age out; of each published one a compact copy stays under ``mornings/``: the scorecard,
and of every task its class, deadline and day of completion. Nothing there is ever written twice,
so a replay or a second run of a day adds what it showed and leaves what was shown before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse.errors import NoDataError
from task_warehouse.looking_back import STATUS
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, Manifest, current
from task_warehouse.storage import written_whole

ABOUT = "about.json"
SCORECARD = "select * from marts.mart_scorecard order by organisation_code"
TASKS = """
    select task_key, lead_code, status_class, due_on, completed_on
    from marts.fct_task_status order by task_key
"""

# What a morning knew ends with what it had received, whenever it was published: a day that is run
# again later knows no more.
KNOWN_UNTIL = "select max(received_at) from marts.mart_reporting"

CAUSES = {
    "task_known_later": "first sent to us after that day",
    "correction": "a report or completion was corrected, withdrawn or reopened since",
    "late_report": "something was told of that day or before it, after that morning",
    "organisations": "another body answers for it by the rules of today",
    "delivery_replaced": "a delivery was read again, held, released or refused since",
    "rules": "another version of this system reads or judges it otherwise",
}

# What today's snapshot says of that morning (looking_back.py), and what has been said since.
DIFFERENCES = f"""
    with now_known as (
        {STATUS["now"]}
    ),
    said_since as (
        select task_key,
            bool_or(event in ('corrected', 'withdrawn', 'reopened')) as is_corrected,
            bool_or(event in ('assigned', 'reported', 'completed', 'extended', 'deadline_changed',
                'vanished', 'returned', 'lead_changed')) as is_late,
            min(known_at) as first_said_at,
            arg_min(delivery_id, known_at) as delivery_id,
            arg_min(line, known_at) as line
        from marts.fct_task_event
        where known_at > $known_until and happened_on <= $as_of and event != 'overdue'
        group by task_key
    )
    select coalesce(shown.task_key, now_known.task_key) as task_key,
        case
            when shown.task_key is null then 'not shown'
            when now_known.task_key is null then 'no longer known'
            else concat_ws(', ',
                if(shown.status_class is distinct from now_known.status_class, 'class', null),
                if(shown.due_on is distinct from now_known.due_on, 'deadline', null),
                if(shown.completed_on is distinct from now_known.completed_on, 'completion', null),
                if(shown.lead_code is distinct from now_known.lead_code, 'lead', null))
        end as differs,
        shown.status_class as class_shown, now_known.status_class as class_known,
        shown.due_on as due_shown, now_known.due_on as due_known,
        shown.completed_on as completed_shown, now_known.completed_on as completed_known,
        shown.lead_code as lead_shown, now_known.lead_code as lead_known,
        case
            when now_known.known_on > $as_of then 'task_known_later'
            when said_since.is_corrected then 'correction'
            when said_since.is_late then 'late_report'
            when $same_rules and shown.lead_code is distinct from now_known.lead_code
                then 'organisations'
            when $same_rules then 'delivery_replaced'
            else 'rules'
        end as cause,
        said_since.first_said_at, said_since.delivery_id, said_since.line
    from read_parquet($tasks) as shown
    full outer join now_known on shown.task_key = now_known.task_key
    left join said_since on coalesce(shown.task_key, now_known.task_key) = said_since.task_key
    where shown.status_class is distinct from now_known.status_class
        or shown.due_on is distinct from now_known.due_on
        or shown.completed_on is distinct from now_known.completed_on
        or shown.lead_code is distinct from now_known.lead_code
    order by 1
"""


@dataclass(frozen=True, slots=True)
class Differences:
    """The rows that differ, by column name, and which snapshots were compared."""

    shown: str
    known: str
    names: list[str]
    rows: list[tuple[Any, ...]]


def keep(home: Home, snapshot: Path) -> Path:
    """Keep what ``snapshot`` shows; the folder. A snapshot that is kept already stays as it is."""
    manifest = Manifest.read(snapshot)
    folder = home.mornings / manifest.as_of_date.isoformat() / manifest.snapshot_id
    if (folder / ABOUT).is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True) as connection:
        for name, query in (("scorecard", SCORECARD), ("tasks", TASKS)):
            target = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd)")
        received = connection.execute(KNOWN_UNTIL).fetchone()
    known_until = received[0] if received and received[0] else manifest.published_at
    about = {
        "published_at": manifest.published_at.isoformat(),
        "known_until": known_until.isoformat(),
        "run_id": manifest.run_id,
        "versions": dict(manifest.versions),
    }
    # Written last: a folder without it is the rest of a kill, and is written again.
    with written_whole(folder / ABOUT) as aside:
        aside.write_text(json.dumps(about, ensure_ascii=False, indent=2), encoding="utf-8")
    return folder


def kept(home: Home, as_of: date) -> list[Path]:
    """The folders of what was shown as of a day, in the order of publishing."""
    found = (home.mornings / as_of.isoformat()).glob(f"*/{ABOUT}")
    return [about.parent for about in sorted(found, key=lambda path: _about(path)["published_at"])]


def differences(home: Home, as_of: date) -> Differences:
    """Tasks that the morning of ``as_of`` showed otherwise than they are known now, with causes.

    The first snapshot of that morning is compared with the one in force. Raises
    :class:`NoDataError` where either is missing, or the one in force is of an earlier day.
    """
    shown = kept(home, as_of)
    now = current(home)
    if not shown or now is None or now.as_of_date < as_of:
        days = sorted(path.name for path in home.mornings.glob("*"))
        raise NoDataError(
            f"no morning of {as_of} was kept, or nothing later is published",
            where=str(home.mornings),
            remedy=f"mornings are kept from {days[0]} to {days[-1]}" if days else "publish first",
        )
    about = _about(shown[0] / ABOUT)
    parameters = {
        "as_of": as_of,
        "known_until": about.get("known_until", about["published_at"]),
        "same_rules": about["versions"].get("code") == now.versions.get("code"),
        "tasks": str(shown[0] / "tasks.parquet"),
    }
    with duckdb.connect(str(now.path / DATABASE_NAME), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = connection.execute(DIFFERENCES, parameters)
        names = [column[0] for column in found.description or []]
        rows = found.fetchall()
    return Differences(shown[0].name, now.snapshot_id, names, rows)


def _about(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
