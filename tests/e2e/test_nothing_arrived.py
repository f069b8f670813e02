"""A day on which nobody sends anything, or nobody can be asked, after a good morning."""

from __future__ import annotations

import shutil
import socket
from datetime import date
from pathlib import Path

import pytest

from tests.e2e.conftest import Root

NEXT_DAY = ("--as-of", "2025-07-02", "--received-at", "2025-07-02T06:00:00+07:00")


@pytest.fixture
def morning_after(road: Root, tmp_path: Path) -> Root:
    """A root with the good morning of 1 July in force, and empty folders where exports lay."""
    shutil.copytree(
        road.home, tmp_path / "home", symlinks=True, ignore=shutil.ignore_patterns("airflow")
    )
    shutil.copytree(road.sources, tmp_path / "road" / "sources")
    for name in ("bo-g06", "chuong-trinh", "tinh-40"):
        (tmp_path / "road" / "exports" / name).mkdir(parents=True)
    return Root(tmp_path / "home", tmp_path / "road" / "sources")


def test_where_nobody_sent_the_morning_is_published_of_what_came_before_says_so_and_exits_4(
    morning_after: Root,
) -> None:
    figures = (
        "select tasks, completed_on_time, completed_late, completed_undated, never_reported "
        "from mart_scorecard where organisation_code = 'VN'"
    )
    before = morning_after.rows(figures)
    assert morning_after.command("collect", *NEXT_DAY).returncode == 0
    done = morning_after.command("build", *NEXT_DAY)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "nothing arrived on 2025-07-02: 3 sources owed something" in done.stderr
    days = morning_after.rows("select distinct as_of_date from mart_scorecard")
    assert days == [(date(2025, 7, 2),)]
    assert morning_after.rows(figures) == before
    dashboard = morning_after.home / "published" / "current" / "dashboard"
    said = (dashboard / "index.html").read_text(encoding="utf-8")
    top = said[said.index('class="limits"') : said.index('id="nation"')]
    assert "Không nguồn nào trong 3 nguồn phải gửi đã gửi được số liệu" in top
    assert "Nhận gần nhất lúc 06:00 01/07/2025" in top
    assert "Không có tệp nào khớp với" in top


def test_where_nobody_can_be_asked_the_last_good_morning_stays_and_the_exit_tells(
    morning_after: Root,
) -> None:
    before = (morning_after.home / "published" / "current").resolve()
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        for source in ("bo-g06", "chuong-trinh", "tinh-40"):
            (morning_after.sources / f"{source}.yml").write_text(
                f"source: {source}\n"
                f"organisation: {'G06' if source == 'bo-g06' else 'G22'}\n"
                "datasets:\n"
                "  tasks:\n"
                "    transport: http\n"
                f"    url: http://127.0.0.1:{nobody_listens.getsockname()[1]}/tasks\n"
                "    mode: full\n",
                encoding="utf-8",
            )
        done = morning_after.command("collect", *NEXT_DAY)
    assert done.returncode == 1
    assert "3 of 3 pulls failed" in done.stderr
    assert "look at the network of this machine first" in done.stderr.replace("\n", " ")
    assert (morning_after.home / "published" / "current").resolve() == before
