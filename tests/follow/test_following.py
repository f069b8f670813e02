"""From a figure down to the bytes, over a made data root; the login itself is in test_login."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from task_warehouse import landing, ledger
from task_warehouse.settings import Home
from tests.follow.made_home import (
    FIRST,
    HOSTILE,
    PASSWORD,
    SECRET_VALUE,
    TASKS_CSV,
    MadeHome,
    put,
    write_snapshot,
)

Visit = Callable[..., TestClient]


def test_every_link_of_every_page_leads_somewhere(made: MadeHome, pages: dict[str, str]) -> None:
    assert any(address.startswith("/follow/task?") for address in pages)
    assert f"/follow/delivery/{made.progress}/bytes" in pages
    assert any("lang=en" in address for address in pages)


@pytest.mark.parametrize("organisation", ["", "G99"])
@pytest.mark.parametrize(
    ("figure", "count"),
    [("tasks", 3), ("open_overdue", 1), ("open_undated", 1), ("never_reported", 2),
     ("completed_late", 0)],
)  # fmt: skip
def test_a_figure_is_the_number_of_its_tasks(
    made: MadeHome, visit: Visit, organisation: str, figure: str, count: int
) -> None:
    page = visit(made.home).get(
        "/follow/tasks", params={"figure": figure, "organisation": organisation}
    )
    assert f"Bảng điểm ghi {count}, danh sách có {count}: khớp." in page.text
    assert page.text.count("/follow/task?key=") == count


def test_a_figure_that_its_list_does_not_give_is_said_loudly(fresh: MadeHome, visit: Visit) -> None:
    wrong = fresh.marts() + "update marts.mart_scorecard set open_overdue = 7;"
    write_snapshot(fresh.home, "2025-11-14-wrong", wrong, {})
    page = visit(fresh.home).get("/follow/tasks", params={"figure": "open_overdue"}).text
    assert "Bảng điểm ghi 7 nhưng danh sách có 1: KHÔNG khớp" in page


@pytest.mark.parametrize(
    "query", ["chuyển đổi số", "chuyen doi so", "CHUYEN DOI", "Số  chuyển", "nv-1", "ĐỔI"]
)
def test_search_finds_with_and_without_diacritics(made: MadeHome, visit: Visit, query: str) -> None:
    page = visit(made.home).get("/follow/tasks", params={"q": query}).text
    assert "key=bo-x%2FNV-1" in page
    assert "key=bo-x%2FNV-2" not in page


@pytest.mark.parametrize("query", ["(.*", "[", "\\", "' or 1=1 --", "^", "a-b]", "$x", "ß"])
def test_search_takes_signs_as_signs(made: MadeHome, visit: Visit, query: str) -> None:
    answer = visit(made.home).get("/follow/tasks", params={"q": query})
    assert answer.status_code == 200
    assert "/follow/task?key=" not in answer.text


def test_a_task_says_what_is_printed_how_it_was_read_and_why(made: MadeHome, visit: Visit) -> None:
    page = visit(made.home).get("/follow/task", params={"key": "bo-x/NV-1"}).text
    assert "Quý II/2025" in page
    assert "30/06/2025" in page
    assert "theo quý: ngày cuối quý" in page
    assert "Chưa hoàn thành; thời hạn 30/06/2025, tính đến 14/11/2025." in page
    reports = page[page.index('id="reports"') : page.index('id="versions"')]
    assert reports.index("01/10/2025") < reports.index("01/11/2025")
    assert f"/follow/delivery/{made.progress}?part=tien_do.csv&amp;line=2#raw" in reports
    versions = page[page.index('id="versions"') :]
    assert re.search(r"thời hạn: .*Quý I/2025.*→.*Quý II/2025", versions)
    findings = page[page.index('id="findings"') :]
    assert "progress.percent_complete_out_of_range" in findings
    assert "file.ragged_row" in findings
    assert "progress.task_unknown" not in findings, "that is of NV-12"


def test_a_line_of_a_text_file_is_shown_as_it_stands(made: MadeHome, visit: Visit) -> None:
    page = visit(made.home).get(f"/follow/delivery/{made.tasks}", params={"line": 2}).text
    asked = re.search(r'<li class="asked">.*?<span class="said">(.*?)</span>', page, re.DOTALL)
    assert asked
    assert html.unescape(asked.group(1)) == TASKS_CSV.splitlines()[1]


def test_a_line_in_an_archive_is_shown_as_the_pipeline_reads_it(
    made: MadeHome, visit: Visit
) -> None:
    page = visit(made.home).get(
        f"/follow/delivery/{made.progress}", params={"line": 4, "part": "tien_do.csv"}
    )
    asked = page.text[page.text.index('<details class="cells" open>') :]
    assert re.search(r"<dt><bdi>%</bdi></dt><dd><bdi[^>]*>150</bdi>", asked)


def test_a_line_that_is_not_there_is_said(made: MadeHome, visit: Visit) -> None:
    page = visit(made.home).get(f"/follow/delivery/{made.tasks}", params={"line": 999}).text
    assert "Không có dòng này trong tệp." in page


def test_the_bytes_are_a_file_to_save(made: MadeHome, visit: Visit) -> None:
    answer = visit(made.home).get(f"/follow/delivery/{made.tasks}/bytes")
    assert answer.content == TASKS_CSV.encode()
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_of_a_secret_delivery_is_shown(
    made: MadeHome, visit: Visit, pages: dict[str, str]
) -> None:
    client = visit(made.home)
    asked = client.get(f"/follow/delivery/{made.secret}?line=2")
    assert "mang dấu mật" in asked.text
    every = {**pages, "asked": asked.text}
    assert not [address for address, page in every.items() if SECRET_VALUE in page]
    assert client.get(f"/follow/delivery/{made.secret}/bytes").status_code == 404


def test_the_same_bytes_under_another_name_stay_secret(fresh: MadeHome, visit: Visit) -> None:
    content = f"Mã,Độ mật\n{SECRET_VALUE},Mật\n".encode()
    twin = fresh.deliver("bo-z", "documents", content, "z.csv", rows=1)
    fresh.write_rooms()
    assert landing.is_landed(fresh.home, fresh.receipts[-1].sha256 or "")
    client = visit(fresh.home)
    page = client.get(f"/follow/delivery/{twin}", params={"line": 2}).text
    assert SECRET_VALUE not in page
    assert client.get(f"/follow/delivery/{twin}/bytes").status_code == 404


def test_content_that_was_not_checked_is_not_shown(made: MadeHome, visit: Visit) -> None:
    client = visit(made.home)
    page = client.get(f"/follow/delivery/{made.unchecked}", params={"line": 2})
    assert page.status_code == 200
    assert "chua-kiem-tra" not in page.text
    assert client.get(f"/follow/delivery/{made.unchecked}/bytes").status_code == 404


def test_values_as_received_are_for_engineers(made: MadeHome, visit: Visit) -> None:
    client = visit(made.home, engineer=False)
    shown = [
        f"/follow/delivery/{made.progress}?line=4&part=tien_do.csv",
        "/follow/rejects?check=progress.percent_complete_out_of_range",
        "/follow/task?key=bo-x/NV-1",
    ]
    for address in shown:
        page = client.get(address)
        assert page.status_code == 200
        assert "Giá trị như đã nhận chỉ hiện với kỹ sư dữ liệu" in page.text
        assert "150" not in page.text.replace("1500", ""), address
    assert client.get(f"/follow/delivery/{made.progress}/bytes").status_code == 403


def test_no_credential_and_no_path_of_a_machine_is_shown(
    made: MadeHome, pages: dict[str, str]
) -> None:
    for address, page in pages.items():
        assert PASSWORD not in page, address
        assert "/srv/" not in page, address
        assert str(made.home.root) not in page, address
    assert any("https://noi.gui.vn/progress" in page for page in pages.values())


def test_a_hostile_title_is_only_text(pages: dict[str, str]) -> None:
    assert not [address for address, page in pages.items() if "<script" in page]
    assert any(html.escape(HOSTILE, quote=False)[:20] in page for page in pages.values())


@pytest.mark.parametrize(
    "address",
    [
        "nope", "delivery/" + "f" * 20, "delivery/xyz", "delivery/..%2f..%2fetc%2fpasswd",
        "delivery/" + "F" * 20, "source/Bo-X", "source/a%2fb", "source/nobody", "task?key=no",
        "task", "tasks?organisation=ZZ", "tasks?figure=1%3D1", "tasks?sort=due_on%3Bdrop",
        "tasks?page=0", "tasks?page=x", "document?code=no", "deliveries?having=1",
        "assets/..%2ftexts.toml", "assets/page.js", "docs", "openapi.json",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_page_that_says_so(
    made: MadeHome, visit: Visit, address: str
) -> None:
    answer = visit(made.home).get(f"/follow/{address}")
    assert answer.status_code == 404
    assert "Không tìm thấy" in answer.text


def test_every_answer_forbids_script_and_other_hosts(made: MadeHome, visit: Visit) -> None:
    client = visit(made.home)
    for address in ("", "nope", "assets/page.css", f"delivery/{made.tasks}/bytes"):
        headers = client.get(f"/follow/{address}").headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "script" not in policy
        assert headers["cache-control"] == "private, no-store"


def test_a_new_morning_is_shown_as_soon_as_it_is_published(fresh: MadeHome, visit: Visit) -> None:
    client = visit(fresh.home)
    assert "2025-11-14-one" in client.get("/follow/").text
    renamed = fresh.marts() + "update marts.dim_task set title = 'Tên mới';"
    write_snapshot(fresh.home, "2025-11-14-two", renamed, fresh.totals())
    assert "2025-11-14-two" in client.get("/follow/").text
    assert "Tên mới" in client.get("/follow/task", params={"key": "bo-x/NV-1"}).text


def test_before_the_first_publication_it_is_said(tmp_path: Path, visit: Visit) -> None:
    answer = visit(Home(tmp_path)).get("/follow/")
    assert answer.status_code == 503
    assert "Chưa có bản số liệu nào được công bố" in answer.text


def test_a_file_that_a_replay_takes_away_is_said(fresh: MadeHome, visit: Visit) -> None:
    for path in fresh.home.rejects.glob("*.parquet"):
        # Seen when the folder is listed, gone when it is read.
        path.unlink()
        path.symlink_to("gone")
    answer = visit(fresh.home).get("/follow/task", params={"key": "bo-x/NV-1"})
    assert answer.status_code == 503
    assert "Số liệu đang được thay thế" in answer.text


def test_a_batch_without_its_ledger_is_not_read(fresh: MadeHome, visit: Visit) -> None:
    for path in fresh.home.ledger.glob("*.parquet"):
        path.unlink()
    page = visit(fresh.home).get("/follow/task", params={"key": "bo-x/NV-1"}).text
    assert "Chưa có báo cáo nào được nhận." in page


def test_rejects_of_an_older_check_are_read_without_their_key(
    fresh: MadeHome, visit: Visit
) -> None:
    older = {name: kind for name, kind in ledger.REJECTS.items() if name != "record_key"}
    row = {"reject_id": "r1", "source": "bo-x", "dataset": "tasks", "severity": "error",
           "business_date": FIRST, "delivery_id": fresh.tasks, "check_id": "tasks.key_conflict",
           "responsibility": "source", "message_vi": "Trùng khóa", "raw": "NV-1,a"}  # fmt: skip
    put(fresh.home.rejects, older, [row])
    page = visit(fresh.home).get("/follow/task", params={"key": "bo-x/NV-1"}).text
    assert "tasks.key_conflict" in page[page.index('id="findings"') :]


def test_a_source_says_since_when_it_fails(made: MadeHome, visit: Visit) -> None:
    page = visit(made.home).get("/follow/sources").text
    row = next(row for row in page.split("<tr>") if "bo-x" in row and "nhiệm vụ" in row)
    assert "13/11/2025" in row
    assert "2 lần liền" in row
    assert "12/11/2025" in row


def test_the_ledger_adds_up_and_agrees_with_what_was_published(
    made: MadeHome, visit: Visit
) -> None:
    page = visit(made.home).get("/follow/ledger").text
    assert "7 dòng nhận = 5 được nhận + 2 bị từ chối + 0 trùng" in page
    assert "Tổng này khớp với bản kê" in page
