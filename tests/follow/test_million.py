"""Search over a million tasks finds what is there; tests/bench/publishing.py says how fast."""

from __future__ import annotations

import pytest

from task_warehouse.following import figures
from task_warehouse.following.library import Library, Reading
from task_warehouse.settings import Home
from tests.follow.made_home import AS_OF, write_snapshot

TASKS = 1_000_000

MILLION = f"""
    create temp table given as
        select 'bo-' || (i % 60) as source, 'NV-' || i as task_code,
            ['Xây dựng kho dữ liệu dùng chung', 'Đẩy mạnh chuyển đổi số toàn diện',
             'Tham mưu ban hành quy chế quản lý tài sản số', 'Phổ cập kỹ năng số cho thanh niên',
             'Lắp đặt trạm cảm biến phục vụ quan trắc'][i % 5 + 1]
            || ' lĩnh vực ' || ['giáo dục', 'y tế', 'năng lượng', 'tài chính công'][i % 4 + 1]
            || ' giai đoạn ' || (2020 + i % 9) || ', đợt ' || i as title,
            'Bộ số ' || (i % 60) as lead_text, (i % 900) || '/QĐ-BKHCN' as document_code,
            i % 400 as days
        from range({TASKS}) as numbers (i);
    insert into marts.dim_task by name
        select source || '/' || task_code as task_key, * exclude (days), 'G01' as lead_code,
            'day' as due_precision, '' as part from given;
    insert into marts.fct_task_status by name
        select date '{AS_OF}' as as_of_date, source || '/' || task_code as task_key, source,
            'open_overdue' as status_class, days as days_late, document_code from given;
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    home = Home(tmp_path_factory.mktemp("million"))
    write_snapshot(home, "million", MILLION, {})
    morning = Library(home).morning()
    connection = morning._database.cursor()
    connection.execute("use snapshot.marts")
    return Reading(morning, connection)


@pytest.mark.parametrize(
    ("query", "found"),
    [("chuyen doi so", 200_000), ("Chuyển đổi số y tế", 50_000), ("NV-777777", 1), ("zzz", 0),
     ("", TASKS)],
)  # fmt: skip
def test_search_finds_each_of_them(reading: Reading, query: str, found: int) -> None:
    assert figures.tasks(reading, figures.Asked(query=query)).total == found


def test_the_last_page_is_found(reading: Reading) -> None:
    asked = figures.Asked(page=TASKS // figures.PAGE_ROWS)
    assert len(figures.tasks(reading, asked).rows) == figures.PAGE_ROWS
