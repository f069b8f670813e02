"""An older business date that arrives today, and a corrected export, change what they must."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from task_warehouse import building
from task_warehouse.settings import Home
from tests.e2e.conftest import Root

HEADER = "Mã nhiệm vụ,Tên nhiệm vụ,Cơ quan chủ trì,Thời hạn\n"
REPORTS = "Mã nhiệm vụ,Ngày báo cáo,Tỷ lệ hoàn thành\n"
SOURCE = """\
source: bo-g06
organisation: G06
defaults: {transport: folder, settle_seconds: 0, format: csv, date_format: dd/mm/yyyy}
datasets:
  tasks:
    path: drop
    pattern: "nv_*.csv"
    business_date: {from_name: '_(?P<date>\\d{8})'}
  progress:
    path: drop
    pattern: "td_*.csv"
    mode: delta
    business_date: {from_name: '_(?P<date>\\d{8})'}
"""
# Says in words that nothing arose, and one day says nothing at all.
QUIET = """\
source: bo-g09
organisation: G09
datasets:
  tasks:
    transport: folder
    path: quiet
    pattern: "nv.csv"
    settle_seconds: 0
    nothing_arose: {text: Không phát sinh}
"""


def _export(titles: dict[str, str]) -> str:
    rows = "".join(f"{code},{title},Bộ Tài chính,31/12/2025\n" for code, title in titles.items())
    return HEADER + rows


class Days:
    """A data root that is collected and checked by the command line, and looked at as of a day."""

    def __init__(self, folder: Path) -> None:
        self.root = Root(folder / "home", folder / "sources")
        self.home = Home(self.root.home)
        self.drop = self.root.sources / "drop"
        self.drop.mkdir(parents=True)
        (self.root.sources / "bo-g06.yml").write_text(SOURCE, encoding="utf-8")
        (self.root.sources / "bo-g09.yml").write_text(QUIET, encoding="utf-8")
        self.quiet = self.root.sources / "quiet" / "nv.csv"
        self.quiet.parent.mkdir()
        self.quiet.write_text("Không phát sinh\n", encoding="utf-8")

    def collect(self, as_of: str) -> None:
        moment = f"{as_of}T06:00:00+07:00"
        self.command("collect", "--as-of", as_of, "--received-at", moment)

    def command(self, *arguments: str) -> None:
        done = self.root.command(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def receipts(self, received_on: str) -> set[tuple[str, str, str]]:
        rows = self._query(
            f"select dataset, cast(business_date as varchar), outcome from "
            f"'{self.home.receipts}/*/*.parquet' "
            f"where received_at::date = date '{received_on}' - 1 and outcome != 'missing'"
            " and source = 'bo-g06'"
        )
        return {(row[0], row[1], row[2]) for row in rows}

    def deliveries(self, business_date: str) -> int:
        rows = self._query(
            f"select count(*) from '{self.home.ledger}/*.parquet' "
            f"where dataset = 'tasks' and business_date = '{business_date}'"
        )
        return int(rows[0][0])

    def files(self) -> dict[str, str]:
        """What checks have written and landing holds, by content."""
        rooms = (self.home.accepted, self.home.ledger, self.home.landing)
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for room in rooms
            for path in room.rglob("*")
            if path.is_file() and path.name != "_schema.parquet"
        }

    def tasks(self, as_of: date) -> dict[str, tuple[Any, ...]]:
        built = building.build(self.home, as_of, {"run_id": "test"})
        with duckdb.connect(str(built.database), read_only=True) as connection:
            rows = connection.execute(
                "select task_code, title, percent_complete from marts.dim_task "
                "inner join marts.fct_task_status using (task_key)"
            ).fetchall()
        return {code: tuple(rest) for code, *rest in rows}

    def reporting(self, source: str) -> list[tuple[Any, ...]]:
        """Day, status and rows of a source's exports in the last build."""
        database = self.home.warehouse / building.DATABASE_NAME
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(
                "select cast(business_date as varchar), status, rows_received"
                " from marts.mart_reporting where source = ? order by 1",
                [source],
            ).fetchall()

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Two days as they were, and a third that brings late things of the first."""
    days = Days(tmp_path_factory.mktemp("late"))
    (days.drop / "nv_20251112.csv").write_text(_export({"1": "Việc một", "2": "Việc hia"}))
    days.collect("2025-11-12")
    (days.drop / "nv_20251113.csv").write_text(
        _export({"1": "Việc một", "2": "Việc hai", "3": "Việc ba"})
    )
    days.collect("2025-11-13")
    days.command("check")
    return days


def test_what_arrives_late_changes_only_what_it_must(days: Days) -> None:
    before = days.files()
    (days.drop / "nv_20251112.csv").write_text(_export({"1": "Việc một", "2": "Việc hai đã sửa"}))
    (days.drop / "td_20251112.csv").write_text(REPORTS + "1,12/11/2025,40\n")
    days.quiet.unlink()
    days.collect("2025-11-14")
    days.command("check")

    assert days.receipts("2025-11-14") == {
        ("tasks", "2025-11-12", "landed"),
        ("progress", "2025-11-12", "landed"),
    }
    after = days.files()
    assert before.items() <= after.items(), "what was written before is as it was"
    assert days.deliveries("2025-11-12") == 2, "the export that was corrected stays in history"

    assert days.tasks(date(2025, 11, 12)) == {
        "1": ("Việc một", 40.0),
        "2": ("Việc hai đã sửa", None),
    }
    assert days.tasks(date(2025, 11, 14)) == {
        "1": ("Việc một", 40.0),
        "2": ("Việc hai", None),
        "3": ("Việc ba", None),
    }
    assert days.reporting("bo-g09") == [
        ("2025-11-12", "nothing_arose", 0),
        ("2025-11-13", "nothing_arose", 0),
        ("2025-11-14", "missing", 0),
    ], "that nothing arose is a report; that nothing came is silence"
