"""Secret rows: found wherever they stand, and nothing of their delivery is kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.unit.check.text_tables import Given, check, rows_of

from task_warehouse import landing, ledger
from task_warehouse.contracts import Contracts
from task_warehouse.settings import Home

HEADERS = ["Mã nhiệm vụ", "Tên nhiệm vụ", "Cơ quan chủ trì", "Thời hạn", "Cột lạ"]
MARKS = [
    "Mật",
    "MẬT",
    "mat",
    "TỐI MẬT",
    "Tối Mật",
    "toi mat",
    "TUYET_MAT",
    "Tuyệt mật",
    "(Mật)",
    " mật. ",
    "Độ mật: Mật",
    "Tài liệu tối mật",
    "[TỐI MẬT] Kế hoạch diễn tập",
    "Kế hoạch diễn tập (Mật)",
]
ORDINARY = [
    "Bảo đảm an toàn, bảo mật thông tin",
    "Mua bí mật công nghệ của nước ngoài",
    "Mật độ dân số",
    "Ban Cơ yếu: mật mã dân sự",
    "Mất",
    "Không mật",
    "format",
    "Luật Bảo vệ bí mật nhà nước",
]


def given(cell: str, source: str, **more: object) -> Given:
    rows = [
        ["A", "Một việc bình thường", "G06", "2025", ""],
        ["B", "Việc kín 4711", "G06", "2025", cell],
    ]
    return Given("tasks", HEADERS, rows, source=source, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def checked(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("secrets"))
    marked = [given(mark, f"mark-{number}") for number, mark in enumerate(MARKS)]
    plain = [given(text, f"plain-{number}") for number, text in enumerate(ORDINARY)]
    check(home, contracts, [*marked, *plain])
    return home


@pytest.mark.parametrize("number", range(len(MARKS)), ids=MARKS)
def test_a_mark_refuses_the_whole_delivery(checked: Home, number: int) -> None:
    (row,) = rows_of(checked.ledger, "*", f"source = 'mark-{number}'")
    assert (row["verdict"], row["reason_code"]) == ("refuse", "delivery.secret")
    assert (row["secret_rows"], row["rows_received"], row["rows_rejected"]) == (1, 2, 2)


@pytest.mark.parametrize("number", range(len(ORDINARY)), ids=ORDINARY)
def test_the_word_alone_is_no_mark(checked: Home, number: int) -> None:
    (row,) = rows_of(checked.ledger, "*", f"source = 'plain-{number}'")
    assert (row["secret_rows"], row["rows_accepted"]) == (0, 2)


def land(home: Home, item: Given) -> Given:
    """Land bytes for ``item`` so that there is something to discard."""
    path = landing.path_of(home, item.delivery.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('[{"title": "Việc kín 4711", "Độ mật": "Mật"')
    return item


def everything(home: Home) -> bytes:
    return b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())


def check_and_clean(home: Home, contracts: Contracts, items: list[Given]) -> None:
    import shutil

    check(home, contracts, items)
    # check_pending removes its work folder; this test goes below it.
    shutil.rmtree(home.work)


@pytest.mark.parametrize(
    "item",
    [
        given("Mật", "secret"),
        Given(
            "tasks",
            ["Mã nhiệm vụ", "Tên nhiệm vụ", "Cơ quan chủ trì", "Thời hạn", "Độ mật"],
            [["B", "Việc kín 4711", "G06", "2025", "A"]],
            options={"values": {"secrecy": {"A": "top_secret"}}},
        ),
        Given("tasks", HEADERS, [], damaged=[("file.ragged_row", "B;Việc kín 4711;TỐI MẬT;")]),
        Given("tasks", ["Tên nhiệm vụ", "Độ mật"], [["Việc kín 4711", "Mật"]]),
        Given("tasks", ["B", "Việc kín 4711", "Mật"], [["C", "Việc thường", ""]]),
        Given("tasks", [], [], refused="file.json_invalid", records=0),
    ],
    ids=[
        "any_cell",
        "code_of_the_source",
        "damaged_line",
        "refused_for_its_columns",
        "row_taken_for_the_header",
        "file_that_cannot_be_read",
    ],
)
def test_nothing_of_a_secret_delivery_is_kept(
    home: Home, contracts: Contracts, item: Given
) -> None:
    check_and_clean(home, contracts, [land(home, item)])
    assert b"4711" not in everything(home)
    (row,) = rows_of(home.ledger)
    assert row["secret_rows"] == 1
    (reject,) = rows_of(home.rejects)
    assert (reject["check_id"], reject["record"], reject["raw"]) == ("delivery.secret", None, None)


def test_the_ledger_row_of_a_secret_delivery_survives_a_replay(
    home: Home, contracts: Contracts
) -> None:
    secret, plain = given("Mật", "secret"), given("", "plain")
    check_and_clean(home, contracts, [land(home, secret), plain])
    ledger.discard_period(home, date(2025, 6, 1), date(2025, 7, 31))
    assert [row["source"] for row in rows_of(home.ledger, "source")] == ["secret"]
    assert [row["check_id"] for row in rows_of(home.rejects)] == ["delivery.secret"]
    # Once more: the batch of what is kept is not carried a second time.
    assert ledger.discard_period(home, date(2025, 6, 1), date(2025, 7, 31)) == []
    assert len(rows_of(home.ledger)) == 1


def test_a_replay_killed_half_way_leaves_no_delivery_twice(
    home: Home, contracts: Contracts, tmp_path: Path
) -> None:
    check_and_clean(home, contracts, [land(home, given("Mật", "secret")), given("", "plain")])
    (batch,) = ledger.batches(home.ledger)
    kept = (home.ledger / f"{batch}.parquet").read_bytes()
    ledger.discard_period(home, date(2025, 6, 1), date(2025, 7, 31))
    (home.ledger / f"{batch}.parquet").write_bytes(kept)
    ledger.discard_unfinished(home)
    assert len(rows_of(home.ledger, "delivery_id")) == 2
