"""Every invariant can fail: each is broken once by hand and named with its delivery and numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from task_warehouse import auditing, landing
from task_warehouse.errors import AuditError
from task_warehouse.receipts import Receipt, delivery_id_of, write_receipts
from task_warehouse.settings import Home

MOMENT = datetime(2025, 7, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One landed delivery of three rows: one accepted, one rejected, one duplicate."""
    home = Home(tmp_path)
    sha256, _ = landing.land(home, [b"task_code\n1\n1\n\n"])
    delivery = delivery_id_of("a", "tasks", sha256)
    receipt = Receipt(
        batch="b1",
        source="a",
        organisation_code="G06",
        dataset="tasks",
        mode="full",
        business_date=date(2025, 7, 1),
        received_at=MOMENT,
        due_at=None,
        expected=True,
        outcome="landed",
        origin="a.csv",
        sha256=sha256,
        delivery_id=delivery,
    )
    write_receipts(home, "b1", [receipt])
    write_rooms(home, delivery)
    return home


def write_rooms(
    home: Home, delivery: str, *, received: int = 3, accepted: int = 1, secret: int = 0
) -> None:
    for folder in (home.accepted / "tasks", home.rejects, home.ledger):
        folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select '{delivery}' as delivery_id from range({accepted})) "
            f"to '{home.accepted}/tasks/b.parquet'"
        )
        connection.execute(
            f"copy (select '{delivery}' as delivery_id, '' as part, 2 as record, "
            f"'error' as severity) to '{home.rejects}/b.parquet'"
        )
        connection.execute(
            f"copy (select '{delivery}' as delivery_id, 'a' as source, 'tasks' as dataset, "
            f"'accept' as verdict, null::varchar as reason_code, {received} as rows_received, "
            f"1 as rows_accepted, 1 as rows_rejected, 1 as rows_duplicate, "
            f"{secret} as secret_rows, timestamptz '2025-07-01' as received_at) "
            f"to '{home.ledger}/b.parquet'"
        )


def the_delivery(home: Home) -> str:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select delivery_id from read_parquet('{home.ledger}/b.parquet')"
        ).fetchone()
    assert found
    return str(found[0])


def test_a_ledger_that_balances_passes(home: Home) -> None:
    auditing.audit_ledger(home)


def test_a_row_that_fell_between_is_named(home: Home) -> None:
    write_rooms(home, the_delivery(home), received=4)
    with pytest.raises(AuditError, match="4 received, 1 accepted, 1 rejected, 1 duplicate"):
        auditing.audit_ledger(home)


def test_an_accepted_row_that_vanished_is_named(home: Home) -> None:
    write_rooms(home, the_delivery(home), accepted=0)
    with pytest.raises(AuditError, match="1 in the ledger, 0 kept"):
        auditing.audit_ledger(home)


def test_a_landed_delivery_that_was_never_checked_is_named(home: Home) -> None:
    write_rooms(home, "0" * 20)
    with pytest.raises(AuditError, match="never checked"):
        auditing.audit_ledger(home)


def test_secret_content_left_in_landing_is_named(home: Home) -> None:
    write_rooms(home, the_delivery(home), secret=1)
    with pytest.raises(AuditError, match="secret rows is still in landing"):
        auditing.audit_ledger(home)


def test_a_landed_file_that_changed_is_named(home: Home) -> None:
    path = next(path for path in home.landing.rglob("*") if path.is_file())
    path.chmod(0o644)
    path.write_bytes(b"something else")
    with pytest.raises(AuditError, match="gone or changed"):
        auditing.audit_ledger(home)


def test_a_nation_that_is_not_its_classes_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.warehouse.mkdir()
    with duckdb.connect(str(home.warehouse / "build.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.mart_scorecard as select 'VN' as organisation_code, 3 as tasks, "
            "1 as completed_on_time, 0 as completed_late, 0 as completed_undated, "
            "1 as open_in_term, 0 as open_overdue, 0 as open_undated"
        )
    with pytest.raises(AuditError, match="six classes"):
        auditing.audit_build(home)
