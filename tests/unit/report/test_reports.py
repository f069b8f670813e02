"""What a source gets back: addresses, words, nothing executed, nothing personal, same bytes."""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook
from reported_home import DAY, RECEIVED, SOURCE, make_home, reject, snapshot_of

from task_warehouse import reporting_back
from task_warehouse.contracts import load_contracts
from task_warehouse.reporting_back import room, sending
from task_warehouse.reporting_back.texts import texts
from task_warehouse.settings import Home

PERCENT = "progress.percent_complete_out_of_range"
NOW = datetime(2025, 7, 1, 0, 0, tzinfo=UTC)


def report(home: Home, at: datetime = NOW) -> reporting_back.Summary:
    return reporting_back.report_back(home, home.root / "sources", snapshot_of(home), at)


def rows_of(home: Home) -> list[dict[str, Any]]:
    path = room.path_of(home, SOURCE, DAY, "json")
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return found


def sheet(home: Home, name: str) -> list[list[Any]]:
    path = room.path_of(home, SOURCE, DAY, "xlsx")
    found: list[list[Any]] = CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()
    return found


def test_each_format_has_the_address_its_people_know(tmp_path: Path) -> None:
    home = make_home(
        tmp_path,
        [
            reject(4, "book", "percent_complete", PERCENT, part="Tháng 6", value="130"),
            reject(5, "text", "percent_complete", PERCENT, value="130"),
            reject(6, "pull", "percent_complete", PERCENT, value="130"),
            reject(
                7, "book", None, "file.ragged_row", part="Tháng 6", raw="A;B", dataset="progress"
            ),
            reject(8, "text", None, "file.empty", dataset="progress", record=None, line=None),
        ],
    )
    report(home)
    found = {(row["file"], row["check_id"]): row for row in rows_of(home)}
    book = found["bao_cao.xlsx", PERCENT]
    assert (book["sheet"], book["cell"]) == ("Tháng 6", "AB5")
    assert book["address_vi"] == "trang tính “Tháng 6”, ô AB5, cột “Tỷ lệ (%)”"
    assert found["bao_cao.csv", PERCENT]["address_vi"] == "dòng 6, cột “Tỷ lệ (%)”"
    pull = found["progress", PERCENT]
    assert (pull["path"], pull["address_vi"]) == (
        "data.items[5].tyLe",
        "phần tử thứ 6, trường “tyLe”",
    )
    assert found["bao_cao.xlsx", "file.ragged_row"]["address_vi"] == "trang tính “Tháng 6”, dòng 8"
    assert found["bao_cao.xlsx", "file.ragged_row"]["value"] == "A;B"
    assert found["bao_cao.csv", "file.empty"]["address_vi"] == "cả lần gửi"


def test_a_row_says_what_was_expected_and_what_to_do(tmp_path: Path) -> None:
    home = make_home(tmp_path, [reject(4, "text", "percent_complete", PERCENT, value="130")])
    report(home)
    (row,) = rows_of(home)
    assert row["expected_vi"] == "từ 0 đến 100"
    assert row["remedy_vi"].startswith("Kiểm tra lại")
    assert row["severity_vi"] == "Bị từ chối"
    header, line = sheet(home, "Dòng cần sửa")
    assert header[0] == "Mức độ\nSeverity"
    assert line[3:6] == ["dòng 5, cột “Tỷ lệ (%)”", "NV-4", "130"]


def test_a_row_of_long_texts_is_as_high_as_they_are_wrapped(tmp_path: Path) -> None:
    home = make_home(tmp_path, [reject(5, "text", "percent_complete", PERCENT, value="130")])
    report(home)
    with zipfile.ZipFile(room.path_of(home, SOURCE, DAY, "xlsx")) as book:
        content = book.read("xl/worksheets/sheet2.xml").decode()
    heights = [float(height) for height in re.findall(r'<row [^>]*? ht="([0-9.]+)"', content)]
    assert heights[1] >= 30


def test_the_receipt_is_one_line_even_when_nothing_came(tmp_path: Path) -> None:
    home = make_home(tmp_path, [])
    report(home)
    said = room.path_of(home, SOURCE, DAY, "txt").read_text(encoding="utf-8")
    assert said.count("\n") == 1
    assert said.startswith(
        "01/07/2025 – Bộ Khoa học và Công nghệ (bo-g06): nhận 3 lần gửi, 30 dòng: 24 được nhận,"
        " 6 bị từ chối"
    )
    assert "điểm chất lượng 0,95" in said
    silent = room.path_of(home, "tinh-40", DAY, "txt").read_text(encoding="utf-8")
    assert "không có lần gửi nào; chưa nhận được: Nhiệm vụ" in silent


def test_what_earlier_days_left_open_is_told_and_what_was_corrected_is_not(tmp_path: Path) -> None:
    home = make_home(tmp_path, [])
    report(home)
    _, line = sheet(home, "Lỗi cũ chưa sửa")
    assert line[1:3] == ["NV-0", "Tên nhiệm vụ"]
    assert line[4:7] == ["01/06/2025", "20/06/2025", 30.0]


def test_the_first_sheet_has_scores_datasets_and_what_is_unusual(tmp_path: Path) -> None:
    home = make_home(tmp_path, [])
    report(home)
    cells = [cell for row in sheet(home, "Tổng hợp") for cell in row]
    assert {0.95, 0.8, "Tiến độ thực hiện", "đúng hạn", "01/07/2025 06:30"} <= set(cells)
    assert "Khác thường lệ / Unusual: Số dòng là 30. / Rows: 30." in cells


HOSTILE = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "http://x.vn",
    "\t=1",
)


def test_no_value_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    rejects = [
        reject(number, "text", "result", PERCENT, value=value, message_vi=value)
        for number, value in enumerate(HOSTILE, start=1)
    ]
    home = make_home(tmp_path, rejects)
    report(home)
    assert [line[5:7] for line in sheet(home, "Dòng cần sửa")[1:]] == [[v, v] for v in HOSTILE]
    with zipfile.ZipFile(room.path_of(home, SOURCE, DAY, "xlsx")) as book:
        content = b"".join(book.read(part) for part in book.namelist())
    assert b"<f>" not in content
    assert b"<hyperlink" not in content
    assert b"relationships/hyperlink" not in content


def test_the_table_can_be_filtered_and_its_header_stays(tmp_path: Path) -> None:
    home = make_home(tmp_path, [reject(4, "text", "result", PERCENT, value="x")])
    report(home)
    with zipfile.ZipFile(room.path_of(home, SOURCE, DAY, "xlsx")) as book:
        second = book.read("xl/worksheets/sheet2.xml").decode()
    assert '<autoFilter ref="A1:L2"/>' in second
    assert 'ySplit="1"' in second
    assert 'state="frozen"' in second
    assert "<cols>" in second


PERSONAL = ("0912345678", "012345678901", "an@example.vn")


def test_personal_data_is_nowhere_in_a_report(tmp_path: Path) -> None:
    rule = next(
        rule.check_id
        for rule in load_contracts().by_dataset["feedback"].rules
        if not rule.keep_value
    )
    rejects = [
        # The rule that does not keep the value, and another one that would show the cell.
        reject(9, "text", "result", rule, dataset="progress"),
        reject(9, "text", "result", PERCENT, value="Nguyễn Văn A, số nhà 5"),
    ]
    for number, personal in enumerate(PERSONAL, start=1):
        said = {"message_vi": f"Sai: {personal}", "message_en": f"Wrong: {personal}"}
        rejects += [
            reject(number, "text", "result", PERCENT, value=f"gọi {personal}", **said),
            reject(
                number, "book", None, "file.ragged_row", dataset="progress", raw=f"1;{personal}"
            ),
        ]
    home = make_home(tmp_path, rejects)
    report(home)
    content = b"".join(_unpacked(path) for path in home.reports.rglob("*") if path.is_file())
    for personal in (*PERSONAL, "Nguyễn Văn A"):
        assert personal.encode() not in content
    rows = rows_of(home)
    assert len(rows) == 8
    assert all(row["value_hidden"] and row["line"] for row in rows)


def _unpacked(path: Path) -> bytes:
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return b"".join(book.read(part) for part in book.namelist())


def test_a_key_that_looks_like_a_number_of_a_person_is_a_key(tmp_path: Path) -> None:
    home = make_home(
        tmp_path, [reject(4, "text", "task_code", "progress.task_unknown", value="202511140001")]
    )
    report(home)
    (row,) = rows_of(home)
    assert row["value"] == "202511140001"


def test_control_characters_and_unnormalised_text(tmp_path: Path) -> None:
    value = "a\x07b\u202ec" + unicodedata.normalize("NFD", "Tiếng Việt")
    home = make_home(tmp_path, [reject(4, "text", "result", PERCENT, value=value)])
    report(home)
    (row,) = rows_of(home)
    assert row["value"] == "a�b�cTiếng Việt"
    assert sheet(home, "Dòng cần sửa")[1][5] == row["value"]


def octets_of(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.reports)): path.read_bytes()
        for path in sorted(home.reports.rglob("*"))
        if path.is_file()
    }


def test_the_same_inputs_are_the_same_bytes_and_are_written_once(tmp_path: Path) -> None:
    rejects = [reject(4, "text", "result", PERCENT, value="x")]
    first, second = (make_home(tmp_path / name, rejects) for name in ("one", "two"))
    assert report(first).counts() == {"written": 2, "unchanged": 0, "put": 0, "not_put": 0}
    report(second, NOW + timedelta(hours=3))
    assert octets_of(first) == octets_of(second)
    before = {path: path.stat().st_mtime_ns for path in first.reports.rglob("*.xlsx")}
    assert report(first).counts()["unchanged"] == 2
    assert {path: path.stat().st_mtime_ns for path in first.reports.rglob("*.xlsx")} == before


def test_a_torn_or_lost_file_is_written_again(tmp_path: Path) -> None:
    home = make_home(tmp_path, [])
    report(home)
    whole = octets_of(home)
    room.path_of(home, SOURCE, DAY, "xlsx").write_bytes(b"")
    room.path_of(home, "tinh-40", DAY, "json").unlink()
    assert report(home).written == 2
    assert octets_of(home) == whole


def test_every_kind_of_rule_has_its_words() -> None:
    kinds = {rule.kind for one in load_contracts().by_dataset.values() for rule in one.rules}
    assert kinds - set(texts()["kinds"]) == set()


def test_the_name_says_whose_and_of_which_day() -> None:
    assert sending.file_name(SOURCE, date(2025, 7, 1), "xlsx") == "ket-qua_bo-g06_20250701.xlsx"
    assert RECEIVED.tzinfo is not None
