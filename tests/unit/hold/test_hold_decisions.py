"""What persons decide of held deliveries: once, with a note, for ever; and the sums that follow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.unit.check.text_tables import RECEIVED, Given, check

from task_warehouse import auditing, fingerprint, holding, ledger
from task_warehouse.contracts import Contracts, load_contracts
from task_warehouse.errors import StorageError, UsageError
from task_warehouse.holding import rooms
from task_warehouse.settings import HOME_VARIABLE, Home

HEADERS = ("Mã nhiệm vụ", "Tên nhiệm vụ", "Cơ quan chủ trì", "Thời hạn")
AT = datetime(2025, 7, 8, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts()


def export(source: str, day: int, good: int, bad: int = 0, twins: int = 0) -> Given:
    """An export of the ``day``-th day: good rows, rows without a title, and rows sent twice."""
    titles = [f"Việc {at}, ngày {day}" for at in range(good)] + [""] * bad
    rows = [[f"{day}-{at}", title, "G06", "12/2025"] for at, title in enumerate(titles)]
    later = timedelta(days=day)
    return Given(
        "tasks", HEADERS, [*rows, *rows[: min(twins, good)]], source=source,
        business_date=date(2025, 6, 1) + later, received_at=RECEIVED + later,
    )  # fmt: skip


def week(source: str) -> list[Given]:
    return [export(source, day, 100 + day % 2) for day in range(6)]


CUT = export("bo-g06", 6, 30, bad=5, twins=2)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts) -> Home:
    """A week of exports and one that is held for its few rows."""
    home = Home(tmp_path_factory.mktemp("held"))
    check(home, contracts, [*week("bo-g06"), CUT])
    return home


@pytest.fixture
def home(checked: Home, tmp_path: Path) -> Home:
    copied = tmp_path / "home"
    subprocess.run(["cp", "-r", str(checked.root), str(copied)], check=True)
    return Home(copied)


def counts(home: Home) -> dict[str, object]:
    """The cut export's ledger row, as decisions leave it, and its rows that may be used."""
    with duckdb.connect() as con:
        rooms.create_decisions(con, home, "decisions")
        files = sorted(home.ledger.glob("*.parquet"))
        con.execute(f"create view checked as {rooms.checked_ledger(files)}")
        con.execute(f"create view decided as {rooms.decided('checked', 'decisions')}")
        found = con.execute(
            "select verdict, rows_accepted, rows_rejected, rows_duplicate, rows_held, reason_code"
            f" from decided where delivery_id = '{CUT.delivery.delivery_id}'"
        ).fetchall()
        used = con.execute(
            f"select count(*) from {ledger.scan_of(home.accepted / 'tasks')}"
            f" where delivery_id = '{CUT.delivery.delivery_id}' and delivery_id not in"
            f" ({rooms.withheld('checked', 'decisions')})"
        ).fetchone()
    return {"row": found[0], "used": used and used[0]}


def decide(home: Home, outcome: str, **said: str) -> holding.Decision:
    words = {"note": "đã hỏi lại đơn vị", "by": "cán bộ trực"} | said
    return holding.decide(home, CUT.delivery.delivery_id, outcome, at=AT, **words)


def test_a_held_delivery_waits_with_its_count_and_reason(home: Home) -> None:
    (held,) = holding.held_deliveries(home)
    assert (held.source, held.dataset, held.rows_received, held.rows_held) == (
        "bo-g06", "tasks", 37, 30
    )  # fmt: skip
    assert held.held_since == CUT.received_at
    assert "37 dòng" in held.reason_vi
    assert counts(home) == {"row": ("hold", 0, 5, 2, 30, "delivery.row_count"), "used": 0}
    auditing.audit_ledger(home)


@pytest.mark.parametrize(
    ("outcome", "row", "used"),
    [
        ("release", ("accept_with_warnings", 30, 5, 2, 0, "delivery.row_count"), 30),
        ("refuse", ("refuse", 0, 35, 2, 0, "delivery.refused_by_person"), 0),
    ],
)
def test_a_decision_is_laid_over_the_ledger_and_changes_no_file(
    home: Home, outcome: str, row: tuple[object, ...], used: int
) -> None:
    before = {path: path.read_bytes() for path in home.root.rglob("*.parquet")}
    inputs = fingerprint.of_inputs(home, date(2025, 7, 1))
    decide(home, outcome)
    assert counts(home) == {"row": row, "used": used}
    assert holding.held_deliveries(home) == []
    assert {path: path.read_bytes() for path in home.root.rglob("*.parquet")} == before
    assert fingerprint.of_inputs(home, date(2025, 7, 1)) != inputs
    auditing.audit_ledger(home)


def test_a_decision_says_who_when_and_why_and_stays(home: Home) -> None:
    first = decide(home, "release", note="  đủ\nsố\u202e ", by="vận hành")
    assert (first.note, first.decided_by) == ("đủ số", "vận hành")
    (path,) = home.decisions.glob("*.json")
    assert json.loads(path.read_text(encoding="utf-8"))["decided_at"] == "2025-07-08T02:00:00+00:00"
    assert decide(home, "release", note="lần nữa", by="người khác") == first
    with pytest.raises(UsageError, match=r"already decided: release, by vận hành"):
        decide(home, "refuse")
    assert holding.decisions(home) == {CUT.delivery.delivery_id: first}


def test_of_two_who_decide_at_once_one_wins(home: Home) -> None:
    said: list[str] = []
    together = threading.Barrier(2)

    def one(outcome: str) -> None:
        together.wait(timeout=10)
        try:
            said.append(decide(home, outcome).decision)
        except UsageError:
            said.append("too late")

    threads = [threading.Thread(target=one, args=(each,)) for each in ("release", "refuse")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (decision,) = holding.decisions(home).values()
    assert sorted(said) == sorted([decision.decision, "too late"])


@pytest.mark.parametrize(
    ("delivery", "outcome", "note", "by", "said"),
    [
        ("../../etc/passwd", "release", "x", "y", "is no delivery"),
        ("0" * 20, "release", "x", "y", "is not held"),
        (None, "perhaps", "x", "y", "is no decision"),
        (None, "release", " \u200b", "y", "needs --note"),
        (None, "refuse", "x", "", "needs --by"),
    ],
)
def test_what_cannot_be_decided_says_why(
    home: Home, delivery: str | None, outcome: str, note: str, by: str, said: str
) -> None:
    name = delivery or CUT.delivery.delivery_id
    with pytest.raises(UsageError, match=said):
        holding.decide(home, name, outcome, note=note, by=by, at=AT)
    assert not list(home.decisions.rglob("*"))


def test_a_damaged_decision_stops_and_is_not_taken_for_none(home: Home) -> None:
    decide(home, "release")
    (path,) = home.decisions.glob("*.json")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="cannot be read"):
        holding.held_deliveries(home)


def test_the_command_line_lists_releases_and_complains(home: Home) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "task_warehouse.cli", *words],
            env=os.environ | {HOME_VARIABLE: str(home.root), "COLUMNS": "200"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    name = CUT.delivery.delivery_id
    assert json.loads(run("held", "--output", "json").stdout)[0]["delivery_id"] == name
    assert "bo-g06" in run("held").stdout
    done = run("release", name, "--note", "đúng", "--by", "cán bộ trực")
    assert done.returncode == 0, done.stderr
    assert "no delivery waits" in run("held").stdout
    again = run("refuse", name, "--note", "nhầm", "--by", "cán bộ trực")
    assert again.returncode == 2
    assert "already decided" in again.stderr


SIZES = st.sampled_from([0, 3, 100, 101, 300])
DAYS = st.lists(
    st.tuples(SIZES, st.sampled_from([0, 2, 250]), st.integers(0, 3)), min_size=6, max_size=9
)


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories=st.lists(DAYS, min_size=3, max_size=3), data=st.data())
def test_whatever_comes_and_is_decided_the_balance_holds(
    contracts: Contracts, histories: Sequence[Sequence[tuple[int, int, int]]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        exports = [
            export(f"nguon-{number}", day, *said)
            for number, days in enumerate(histories)
            for day, said in enumerate(days)
        ]
        # The same bytes twice, such as two empty exports, are one delivery.
        exports = list({item.delivery.delivery_id: item for item in exports}.values())
        check(home, contracts, exports)
        for held in holding.held_deliveries(home):
            outcome = data.draw(st.sampled_from(["release", "refuse", None]))
            if outcome:
                holding.decide(home, held.delivery_id, outcome, note="x", by="y", at=AT)
            auditing.audit_ledger(home)
        assert sum_of(home, "rows_received") == sum(len(item.rows) for item in exports)
        fates = "rows_accepted + rows_rejected + rows_duplicate + rows_held"
        assert sum_of(home, fates) == sum_of(home, "rows_received")
        waiting = sum(held.rows_held for held in holding.held_deliveries(home))
        assert sum_of(home, "rows_held") == waiting


def sum_of(home: Home, what: str) -> int:
    with duckdb.connect() as con:
        rooms.create_decisions(con, home, "decisions")
        checked = rooms.checked_ledger(sorted(home.ledger.glob("*.parquet")))
        found = con.execute(
            f"select sum({what})::bigint from ({rooms.decided(f'({checked})', 'decisions')})"
        ).fetchone()
    assert found is not None
    return int(found[0])
