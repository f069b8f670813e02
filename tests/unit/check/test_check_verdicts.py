"""The verdict on a delivery besides its rows: each limit met once, all of them in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.check.text_tables import RECEIVED, Given, check, rows_of

from task_warehouse import holding
from task_warehouse.checking.past import Pasts
from task_warehouse.contracts import Contracts
from task_warehouse.errors import ContractError
from task_warehouse.settings import Home
from task_warehouse.verdict_limits import limits_with, load_limits

HEADERS = ("Mã nhiệm vụ", "Tên nhiệm vụ", "Cơ quan chủ trì", "Thời hạn", "Sản phẩm")
DAYS = 6
TODAY = date(2025, 6, 30)


def export(
    source: str,
    day: int,
    rows: int = 100,
    headers: Sequence[str] = HEADERS,
    wrong: int = 0,
    **said: Any,
) -> Given:
    """An export of ``rows`` tasks of the ``day``-th day before today, ``wrong`` of them refused."""
    cells = [
        [f"{source}-{at}", f"Việc của ngày {day}" if at >= wrong else "", "G06", "12/2025"]
        for at in range(rows)
    ]
    extra = [["Đề án"] * (len(headers) - 4)] * rows
    given: list[Sequence[str | None]] = [[*a, *b] for a, b in zip(cells, extra, strict=True)]
    back = timedelta(days=day)
    return Given(
        "tasks", headers, given, source=source,
        business_date=said.pop("business_date", TODAY - back), received_at=RECEIVED - back, **said,
    )  # fmt: skip


def past_of(source: str, rows: int = 100, **said: Any) -> list[Given]:
    """Six days before today, of almost the same size."""
    return [export(source, day, rows + day % 3, **said) for day in range(DAYS, 0, -1)]


def totals(source: str, rows: int) -> Given:
    return Given("control_totals", ["dataset", "measure", "value"],
                 [["tasks", "rows", str(rows)]], source=source)  # fmt: skip


TODAYS = {
    "as-ever": export("as-ever", 0, 98),
    "few-rows": export("few-rows", 0, 20),
    "few-corrections": export("few-corrections", 0, 300, mode="delta"),
    "own-limit": export("own-limit", 0, 20, options={"verdict": {"row_count": {"full": "warn"}}}),
    "column-gone": export("column-gone", 0, headers=HEADERS[:4]),
    "new-header": export("new-header", 0, headers=(*HEADERS, "Màu sắc")),
    "row-numbers": export("row-numbers", 0, headers=(*HEADERS, "Số thứ tự")),
    "half-refused": export("half-refused", 0, wrong=60),
    "totals-far": export("totals-far", 0),
    "totals-near": export("totals-near", 0),
    "future-day": export(
        "future-day", 0, business_date=date(2052, 6, 30), options={"tells_its_day": True}
    ),
    "our-day": export("our-day", 0, business_date=date(2052, 6, 30)),
    "limit-refuses": export(
        "limit-refuses", 0, wrong=60, options={"verdict": {"refused_share": {"verdict": "refuse"}}}
    ),
}  # fmt: skip
EXPECTED: Mapping[str, tuple[str, list[str]]] = {
    "as-ever": ("accept", []),
    "few-rows": ("hold", ["delivery.row_count"]),
    "few-corrections": ("accept_with_warnings", ["delivery.row_count"]),
    "own-limit": ("accept_with_warnings", ["delivery.row_count"]),
    "column-gone": ("hold", ["delivery.column_gone"]),
    "new-header": ("accept_with_warnings", ["delivery.schema_changed", "delivery.unknown_column"]),
    "row-numbers": ("accept_with_warnings", ["delivery.schema_changed"]),
    "half-refused": ("hold", ["delivery.refused_share"]),
    "totals-far": ("hold", ["delivery.totals_disagree"]),
    "totals-near": ("accept_with_warnings", ["delivery.totals_disagree"]),
    "future-day": ("hold", ["delivery.future_date"]),
    "our-day": ("accept", []),
    "limit-refuses": ("refuse", ["delivery.refused_share"]),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts) -> Home:
    """A week of exports of every source, checked in one go."""
    home = Home(tmp_path_factory.mktemp("verdicts"))
    week = [given for name, today in TODAYS.items() for given in past_of(name, mode=today.mode)]
    check(home, contracts, [*week, *TODAYS.values(), totals("totals-far", 130),
                            totals("totals-near", 101)])  # fmt: skip
    return home


def of(home: Home, source: str) -> dict[str, Any]:
    name = TODAYS[source].delivery.delivery_id
    (row,) = rows_of(home.ledger, "*", f"delivery_id = '{name}'")
    return row


@pytest.mark.parametrize("source", TODAYS)
def test_each_limit_leads_to_its_verdict(judged: Home, source: str) -> None:
    row = of(judged, source)
    assert (row["verdict"], sorted(row["findings"])) == EXPECTED[source]
    assert row["rows_received"] == (
        row["rows_accepted"] + row["rows_rejected"] + row["rows_duplicate"] + row["rows_held"]
    )
    assert (row["rows_held"] > 0) == (row["verdict"] == "hold")
    assert not (row["verdict"] == "hold" and row["rows_accepted"])


def test_days_like_any_other_are_accepted(judged: Home) -> None:
    today = "','".join(item.delivery.delivery_id for item in TODAYS.values())
    found = rows_of(judged.ledger, "distinct verdict", f"delivery_id not in ('{today}')")
    assert found == [{"verdict": "accept"}]


def test_the_reason_is_told_in_both_languages_with_its_figures(judged: Home) -> None:
    row = of(judged, "few-rows")
    assert row["reason_code"] == "delivery.row_count"
    assert "20 dòng" in row["reason_vi"]
    assert "about 101" in row["reason_en"]
    warned = rows_of(
        judged.root / "warnings", "source, check_id, value", "record is null and source < 'd'"
    )
    assert {
        "source": "column-gone",
        "check_id": "delivery.column_gone",
        "value": "product",
    } in warned


def test_a_verdict_that_refuses_keeps_no_row(judged: Home) -> None:
    name = TODAYS["limit-refuses"].delivery.delivery_id
    assert rows_of(judged.accepted / "tasks", "1", f"delivery_id = '{name}'") == []
    whole = rows_of(judged.rejects, "check_id", f"delivery_id = '{name}' and record is null")
    assert whole == [{"check_id": "delivery.refused_share"}]


def test_day_by_day_gives_the_verdicts_of_one_go(
    tmp_path: Path, judged: Home, contracts: Contracts
) -> None:
    home = Home(tmp_path)
    sources = ("few-rows", "column-gone", "half-refused")
    for day in range(DAYS, 0, -1):
        check(home, contracts, [past_of(source)[DAYS - day] for source in sources])
    check(home, contracts, [TODAYS[source] for source in sources])
    columns = "delivery_id, verdict, findings, reason_en, rows_held, headers, columns"
    mine = "source in ('few-rows', 'column-gone', 'half-refused')"
    assert rows_of(home.ledger, columns, mine) == rows_of(judged.ledger, columns, mine)
    # What was kept of the past is what the ledger tells of it.
    kept = Pasts.load(home, [])
    (home.root / "past" / "past.parquet").unlink()
    for source in sources:
        tomorrow = replace(TODAYS[source], received_at=RECEIVED + timedelta(days=1)).delivery
        told = Pasts.load(home, []).before(tomorrow, {})
        assert [(item.order, item.rows) for item in kept.before(tomorrow, {})] == [
            (item.order, item.rows) for item in told
        ]
        assert kept.before(tomorrow, {})[-1] == told[-1]
        assert len(told) == DAYS


def test_a_held_export_is_no_history_until_it_is_released(home: Home, contracts: Contracts) -> None:
    first = export("x", 0, 20)
    check(home, contracts, [*past_of("x"), first])
    later = [
        replace(export("x", 0, 21 + day), received_at=RECEIVED + timedelta(days=day),
                business_date=TODAY + timedelta(days=day)) for day in (1, 2)
    ]  # fmt: skip
    check(home, contracts, later[:1])
    holding.decide(
        home, first.delivery.delivery_id, "release", note="đúng số", by="cán bộ trực",
        at=RECEIVED + timedelta(days=1, hours=3),
    )  # fmt: skip
    check(home, contracts, later[1:])
    verdicts = rows_of(home.ledger, "business_date, verdict", "rows_received < 30")
    assert [row["verdict"] for row in verdicts] == ["hold", "hold", "accept"]


def test_what_may_be_said_of_limits() -> None:
    assert limits_with({"row_count": {"share": 0.3}}).row_count.deviations == 6
    for wrong in ({"row_count": {"factor": 2}}, {"unheard": {}}, {"refused_share": {"above": 2}}):
        with pytest.raises(ValueError, match=r"row_count\.factor|unheard|refused_share\.above"):
            limits_with(wrong)


def test_a_wrong_file_of_limits_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.yaml"
    path.write_text("row_count: {full: perhaps}", encoding="utf-8")
    with pytest.raises(ContractError, match=r"(?s)row_count\.full.*verdicts\.yaml"):
        load_limits(path)
