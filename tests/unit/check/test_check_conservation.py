"""Received = accepted + rejected + duplicate, to the row, whatever a table holds."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.check.text_tables import Given, check, rows_of

from task_warehouse.contracts import DATASETS, Contracts
from task_warehouse.settings import Home

# Few values, so that keys meet; some of each are wrong in their own way.
CELLS = st.sampled_from(
    [
        None,
        "",
        "-",
        "A",
        "B",
        " A ",
        "30/06/2025",
        "31/02/2025",
        "2025",
        "20252",
        "85,5%",
        "120",
        "G06",
        "=1",
        "a\x07",
        "Đã hoàn thành",
        "Kiến nghị",
        "Thường",
        "rows",
        "tasks",
    ]
)


@st.composite
def deliveries(draw: st.DrawFn, contracts: Contracts) -> list[Given]:
    """Deliveries of every dataset, with headers that may lack or repeat columns."""
    made = []
    for dataset, number in product(DATASETS, range(5)):
        contract = contracts.by_dataset[dataset]
        needed = [column.name for column in contract.columns if column.header_required]
        extra = draw(st.lists(st.sampled_from([*contract.names, "cột lạ"]), max_size=4))
        headers = draw(st.permutations([*needed, *extra]))
        width = len(headers)
        rows = draw(st.lists(st.lists(CELLS, max_size=width + 1), max_size=8))
        damaged = draw(st.lists(st.just(("file.ragged_row", "x;y")), max_size=2))
        source = f"nguon-{number}"
        made.append(Given(dataset, headers, rows, source=source, damaged=damaged))
    return made


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_record_is_lost_or_counted_twice(contracts: Contracts, data: st.DataObject) -> None:
    given_now = data.draw(deliveries(contracts))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        check(home, contracts, given_now)
        for row in rows_of(home.ledger):
            item = next(i for i in given_now if i.delivery.delivery_id == row["delivery_id"])
            assert row["rows_received"] == len(item.rows) + len(item.damaged)
            assert row["rows_received"] == (
                row["rows_accepted"] + row["rows_rejected"] + row["rows_duplicate"]
            )
            mine = f"delivery_id = '{row['delivery_id']}'"
            accepted = rows_of(home.accepted / item.dataset, "record", mine)
            assert len({r["record"] for r in accepted}) == len(accepted) == row["rows_accepted"]
            errors = rows_of(home.rejects, "record", f"{mine} and record is not null")
            rejected = {r["record"] for r in errors}
            assert len(rejected) == row["rows_rejected"]
            assert not rejected & {r["record"] for r in accepted}
