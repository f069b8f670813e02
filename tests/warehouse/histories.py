"""Histories of deliveries as sources really make them, and the rooms they leave day by day.

A history is what one source sent in how many rounds of collecting: lists of tasks, reports,
corrections, the same bytes again, a list that broke, a file of an earlier day that came late.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import strategies as st

from task_warehouse.building import ROOMS
from task_warehouse.settings import Home

FIRST_DAY = date(2025, 9, 1)
Row = dict[str, str | None]

LEADS = ("Bộ Khoa học và Công nghệ", "Bộ Tài chính", "Bộ KH&CN; Bộ Tài chính", "Không rõ ai")
DEADLINES = ("3/9/2025", "5/9/2025", "31/8/2025", "Quý IV/2025", "Thường xuyên", None)


@dataclass(frozen=True)
class Sent:
    """One file of a source: on which round, for which day before it, and what it holds."""

    round: int
    days_late: int
    dataset: str
    mode: str
    is_broken: bool
    rows: tuple[tuple[tuple[str, str | None], ...], ...]


def _task(code: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "task_code": st.just(code),
            "title": st.sampled_from(["Việc một", "Việc hai"]),
            "lead": st.sampled_from(LEADS),
            "deadline": st.sampled_from(DEADLINES),
            "updated_at": st.sampled_from([None, "2025-09-01 03:00:00Z", "2025-09-02 03:00:00Z"]),
        }
    )


def _report(code: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "task_code": st.just(code),
            "reported_on": st.integers(-2, 5).map(lambda n: str(FIRST_DAY + timedelta(days=n))),
            "percent_complete": st.sampled_from([None, "40", "80", "100", "100"]),
            "status_reported": st.sampled_from([None, "completed", "open", "suspended"]),
            "completed_on": st.sampled_from([None, None, "2025-08-30", "2025-09-02"]),
            "extension_to": st.sampled_from([None, None, None, "2025-09-30"]),
            "approval_state": st.sampled_from(["approved", "submitted"]),
            "updated_at": st.sampled_from([None, "2025-09-01 04:00:00Z", "2025-09-03 04:00:00Z"]),
        }
    )


@st.composite
def _sent(draw: st.DrawFn, rounds: int) -> Sent:
    dataset = draw(st.sampled_from(["tasks", "progress", "progress"]))
    row = _task if dataset == "tasks" else _report
    codes = draw(st.lists(st.sampled_from("ABC"), min_size=1, max_size=3, unique=True))
    rows = [draw(row(code)) for code in sorted(codes)]
    round_no = draw(st.integers(0, rounds - 1))
    return Sent(
        round=round_no,
        days_late=draw(st.sampled_from([0, 0, 0, 0, 1, 2])),
        dataset=dataset,
        mode=draw(st.sampled_from(["full", "delta"])),
        is_broken=draw(st.sampled_from([False] * 9 + [True])),
        rows=tuple(tuple(each.items()) for each in rows),
    )


@st.composite
def histories(draw: st.DrawFn, *, sources: int, rounds: int) -> list[list[Sent]]:
    """What each of ``sources`` sources sent in ``rounds`` rounds; the first lists its tasks."""
    made = []
    for _ in range(sources):
        start = Sent(0, 0, "tasks", draw(st.sampled_from(["full", "delta"])), False, ())
        rows = tuple(tuple(draw(_task(code)).items()) for code in "AB")
        later = draw(st.lists(_sent(rounds), max_size=2 * rounds))
        again = draw(st.lists(st.sampled_from(later), max_size=2)) if later else []
        repeated = [Sent(**{**vars(sent), "round": rounds - 1}) for sent in again]
        made.append([Sent(**{**vars(start), "rows": rows}), *later, *repeated])
    return made


class Written:
    """Rooms under a root, a batch a round."""

    def __init__(self, root: Path, made: Sequence[Sequence[Sent]]) -> None:
        self.home = Home(root)
        self.made = made

    def as_of(self, round_no: int) -> date:
        """The morning of a round."""
        return FIRST_DAY + timedelta(days=round_no)

    def write(self, round_no: int) -> None:
        """Add what was sent in a round: receipts, ledger and accepted rows, one file a room."""
        rooms: dict[str, list[dict[str, Any]]] = {"receipts": [], "ledger": []}
        for source_no, sent_by in enumerate(self.made):
            for file_no, sent in enumerate(sent_by):
                if sent.round == round_no:
                    self._add(rooms, f"s{source_no:03d}", file_no, sent)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            for room, rows in rooms.items():
                if rows:
                    self._write(connection, room, round_no, rows)

    def rewrite(self, round_no: int) -> None:
        """A replay with stricter rules: the reports of a round lose those of task C."""
        path = self.home.accepted / "progress" / f"round-{round_no}.parquet"
        if path.is_file():
            with duckdb.connect() as connection:
                aside = path.with_name("replayed")
                connection.execute(
                    f"copy (from '{path}' where task_code != 'C') to '{aside}' (format parquet)"
                )
                aside.replace(path)

    def _add(
        self, rooms: dict[str, list[dict[str, Any]]], source: str, file_no: int, sent: Sent
    ) -> None:
        content = json.dumps([source, sent.dataset, sent.mode, sent.rows])
        delivery = hashlib.sha256(content.encode()).hexdigest()[:20]
        business_date = self.as_of(max(0, sent.round - sent.days_late))
        common = {
            "delivery_id": delivery,
            "source": source,
            "organisation_code": "G06" if int(source[1:]) % 2 else "G12",
            "business_date": str(business_date),
            "received_at": f"{self.as_of(sent.round)} 0{file_no % 10}:00:00Z",
            "mode": sent.mode,
        }
        rooms["receipts"].append(
            {
                **common,
                "receipt_id": f"{source}-{file_no}-{sent.round}",
                "dataset": sent.dataset,
                "outcome": "landed",
                "expected": "true",
                "batch": f"round-{sent.round}",
            }
        )
        if self._is_known(delivery, source, file_no, sent.round):
            return
        rooms["ledger"].append(
            {
                **common,
                "dataset": sent.dataset,
                "batch": f"round-{sent.round}",
                "verdict": "refuse" if sent.is_broken else "accept",
                "rows_accepted": 0 if sent.is_broken else len(sent.rows),
                "rows_received": len(sent.rows),
                "rows_rejected": len(sent.rows) if sent.is_broken else 0,
                "rows_duplicate": 0,
            }
        )
        if not sent.is_broken:
            rooms.setdefault(f"accepted/{sent.dataset}", []).extend(
                {**common, **dict(row), "part": "", "record": n, "line": n + 1}
                for n, row in enumerate(sent.rows, start=1)
            )

    def _is_known(self, delivery: str, source: str, file_no: int, round_no: int) -> bool:
        """Whether the same bytes came before, in an earlier round or earlier in this one."""
        for number, sent in enumerate(self.made[int(source[1:])]):
            content = json.dumps([source, sent.dataset, sent.mode, sent.rows])
            same = hashlib.sha256(content.encode()).hexdigest()[:20] == delivery
            if same and (sent.round, number) < (round_no, file_no):
                return True
        return False

    def _write(
        self,
        connection: duckdb.DuckDBPyConnection,
        room: str,
        round_no: int,
        rows: list[dict[str, Any]],
    ) -> None:
        folder = self.home.root / room
        if room == "receipts":
            folder = folder / f"business_date={self.as_of(round_no)}"
        folder.mkdir(parents=True, exist_ok=True)
        given = folder / f"round-{round_no}.json"
        given.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        columns = ROOMS[room.removeprefix("accepted/")]
        connection.execute(f"create or replace table columns_of ({columns})")
        held = connection.execute("select column_name from (describe columns_of)").fetchall()
        told = [name for (name,) in held if name in {key for row in rows for key in row}]
        typed = ", ".join(f"{name}: 'varchar'" for name in told)
        connection.execute(
            f"insert into columns_of by name from read_json('{given}', columns = {{{typed}}})"
        )
        connection.execute(f"copy columns_of to '{given.with_suffix('.parquet')}'")
        given.unlink()
