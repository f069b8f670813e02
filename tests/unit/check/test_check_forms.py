"""What source values become: nothing is guessed, what does not read stays as received."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.check.text_tables import Given, mapped

from task_warehouse.contracts import Contracts

DATES = {
    "2025-06-30": "2025-06-30",
    "2025-06-30T23:30:00Z": "2025-07-01",
    "2025-06-30 08:00": "2025-06-30",
    "30/06/2025": "2025-06-30",
    "3/6/2025": "2025-06-03",
    "03-06-2025": "2025-06-03",
    "3.6.2025": "2025-06-03",
    "30/06/2025 17:05": "2025-06-30",
    "30/06/2025 17:05:09": "2025-06-30",
    " 30/06/2025\xa0": "2025-06-30",
    "06/30/2025": "06/30/2025",
    "31/02/2025": "31/02/2025",
    "2025-02-31": "2025-02-31",
    "hôm qua": "hôm qua",
    "20250630": "20250630",
    "45838": "45838",
    "không có": None,
    "-": None,
    "N/A": None,
    "": None,
}
NUMBERS_OF_CSV = {
    "85": "85",
    "85%": "85",
    "85,5 %": "85.5",
    "85.5": "85.5",
    "39.52": "39.52",
    "1.234,5": "1234.5",
    "16.737": "16737",
    "0.123": "0.123",
    "1.234.567": "1234567",
    "1,234.5": "1234.5",
    "1,234,567": "1234567",
    "1,234": "1.234",
    "12 345": "12345",
    "−3": "-3",
    "+7": "7",
    "-0,5": "-0.5",
    "1e3": "1000.0000000000",
    "NaN": None,
    "1e999": "1e999",
    "8O": "8O",
    "12..5": "12..5",
    "không có": None,
}
NUMBERS_OF_JSON = {"1.234": "1.234", "85,5": "85.5", "1,234.5": "1234.5", "1234": "1234"}
PERIODS = {
    "2025": "2025",
    "20252": "20252",
    "202506": "202506",
    "20250630": "20250630",
    "2025-06": "202506",
    "2025-06-30": "20250630",
    "2025-Q2": "20252",
    "Quý II/2025": "20252",
    "quý 4 năm 2025": "20254",
    "Tháng 6/2025": "202506",
    "06/2025": "202506",
    "Năm 2025": "2025",
    "30/06/2025": "20250630",
    "nửa năm": "nửa năm",
}
PERIOD_ENDS = {
    "Đến năm 2030": "2030-12-31",
    "2030": "2030-12-31",
    "12/2025": "2025-12-31",
    "Tháng 2/2028": "2028-02-29",
    "Quý II/2025": "2025-06-30",
    "2025-09": "2025-09-30",
    "15/08/2026": "2026-08-15",
    "13/2025": "13/2025",
    "sớm": "sớm",
}
MOMENTS = {
    "2025-06-30 17:05:09": "2025-06-30T17:05:09+07:00",
    "2025-06-30T17:05:09+07:00": "2025-06-30T17:05:09+07:00",
    "2025-06-30T10:05:09Z": "2025-06-30T17:05:09+07:00",
    "30/06/2025 17:05": "2025-06-30T17:05:00+07:00",
    "2025-06-30": "2025-06-30T00:00:00+07:00",
    "30/06/2025": "2025-06-30T00:00:00+07:00",
    "vừa xong": "vừa xong",
}


def read_all(
    contracts: Contracts,
    work: Path,
    dataset: str,
    column: str,
    values: list[str],
    *,
    form: str = "csv",
    **options: str,
) -> list[str | None]:
    rows = [[value] for value in values]
    given = Given(dataset, [column], rows, format=form, options=options)
    return [row[column] for row in mapped(contracts, given, work)]


@pytest.mark.parametrize(
    ("dataset", "column", "said"),
    [
        ("progress", "reported_on", DATES),
        ("indicator_values", "value", NUMBERS_OF_CSV),
        ("indicator_values", "period", PERIODS),
        ("indicators", "target_on", PERIOD_ENDS),
        ("progress", "updated_at", MOMENTS),
    ],
)
def test_undeclared_forms_are_vietnamese_or_iso(
    contracts: Contracts, tmp_path: Path, dataset: str, column: str, said: dict[str, str | None]
) -> None:
    read = read_all(contracts, tmp_path, dataset, column, list(said))
    assert dict(zip(said, read, strict=True)) == said


def test_numbers_of_machines_have_a_decimal_point(contracts: Contracts, tmp_path: Path) -> None:
    values = list(NUMBERS_OF_JSON)
    read = read_all(contracts, tmp_path, "indicator_values", "value", values, form="json")
    assert read == list(NUMBERS_OF_JSON.values())


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("mm/dd/yyyy", "06/30/2025", "2025-06-30"),
        ("mm/dd/yyyy", "2025-06-30", "2025-06-30"),
        ("dd/mm/yyyy", "06/30/2025", "06/30/2025"),
        ("yyyymmdd", "20250630", "2025-06-30"),
        ("yyyymmdd", "20250631", "20250631"),
        ("iso", "30/06/2025", "30/06/2025"),
    ],
)
def test_declared_date_format_decides(
    contracts: Contracts, tmp_path: Path, declared: str, value: str, expected: str
) -> None:
    read = read_all(contracts, tmp_path, "progress", "reported_on", [value], date_format=declared)
    assert read == [expected]


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        (".", "1,234", "1234"),
        (".", "1.234", "1.234"),
        (".", "85,5", "85,5"),
        (",", "1.234", "1234"),
        (",", "39.52", "39.52"),
    ],
)
def test_declared_decimal_mark_decides(
    contracts: Contracts, tmp_path: Path, declared: str, value: str, expected: str
) -> None:
    read = read_all(contracts, tmp_path, "indicator_values", "value", [value], decimal=declared)
    assert read == [expected]


README = Path(__file__).parents[3] / "expectations" / "README.md"
WAYS: dict[str, dict[str, str]] = {
    "in CSV, nothing declared": {},
    "in JSON, XML, workbooks": {"form": "json"},
    '`decimal: ","`': {"decimal": ","},
    '`decimal: "."`': {"decimal": "."},
}


def numbers_as_told() -> list[dict[str, str]]:
    """The table of the page for officers: printed, then what each way makes of it."""
    page = README.read_text(encoding="utf-8")
    section = page.split("## How a number is read")[1].split("\n## ")[0]
    table = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    return [dict(zip(table[0], row, strict=True)) for row in table[2:]]


@pytest.mark.parametrize("way", WAYS)
def test_numbers_are_read_as_the_page_for_officers_says(
    contracts: Contracts, tmp_path: Path, way: str
) -> None:
    told = {row["printed"].strip("`"): row[way] for row in numbers_as_told()}
    read = read_all(contracts, tmp_path, "indicator_values", "value", list(told), **WAYS[way])
    made = dict(zip(told, read, strict=True))
    # What does not read stays as it was printed, and the check refuses it.
    assert made == {p: p if value == "refused" else value for p, value in told.items()}


def test_serial_days_are_dates_only_in_workbooks(contracts: Contracts, tmp_path: Path) -> None:
    of_csv = read_all(contracts, tmp_path / "a", "progress", "reported_on", ["46054"])
    of_xlsx = read_all(contracts, tmp_path / "b", "progress", "reported_on", ["46054"], form="xlsx")
    assert (of_csv, of_xlsx) == (["46054"], ["2026-02-01"])


def test_texts_keep_their_words_and_typed_cells_lose_fillers(
    contracts: Contracts, tmp_path: Path
) -> None:
    given = Given(
        "progress",
        ["Khó khăn", "Kết quả", "Ngày hoàn thành"],
        [["Không có", "  hai\ndòng \xa0", "chưa có"], ["–", "null", None]],
    )
    rows = mapped(contracts, given, tmp_path)
    assert [(row["difficulty"], row["result"], row["completed_on"]) for row in rows] == [
        ("Không có", "hai\ndòng", None),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("received", "code"),
    [
        ("DA_HT", "completed"),
        ("Đã hoàn thành", "completed"),
        ("ĐÃ HOÀN THÀNH", "completed"),
        ("da hoan thanh", "completed"),
        ("dahoanthanh_quahan", "completed_late"),
        ("chuahoanthanh_tronghan", "open_in_term"),
        ("COMPLETED_LATE", "completed_late"),
        ("Chờ xác nhận", "awaiting_confirmation"),
        ("completed_on_time", "completed_on_time"),
        ("cái gì đó", "cái gì đó"),
    ],
)
def test_states_of_other_systems_are_known(
    contracts: Contracts, tmp_path: Path, received: str, code: str
) -> None:
    assert read_all(contracts, tmp_path, "progress", "status_reported", [received]) == [code]


def test_a_source_may_mean_something_else_by_a_word(contracts: Contracts, tmp_path: Path) -> None:
    given = Given(
        "progress",
        ["status_reported"],
        [["Xong"], ["HT"], ["Đã hoàn thành"]],
        options={"values": {"status_reported": {"xong": "completed", "HT": "open"}}},
    )
    rows = mapped(contracts, given, tmp_path)
    assert [row["status_reported"] for row in rows] == ["completed", "open", "completed"]
