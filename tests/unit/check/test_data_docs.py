"""Data Docs: the results of real checks, drawn once more at publication, with no row in them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.unit.check.test_check_rules import GOOD
from tests.unit.check.text_tables import Given, check

from task_warehouse.contracts import Contracts
from task_warehouse.data_docs import keeping, pages
from task_warehouse.errors import UsageError
from task_warehouse.settings import Home

CELLS = ("bí mật riêng 4711", "ai-do@example.gov.vn", "0912 345 678")


def checked_feedback(home: Home, contracts: Contracts, day: date) -> str:
    """One check of three items of feedback, one good and two refused; gives the batch."""
    good = {**GOOD["feedback"], "feedback_code": f"PAKN.{day}"}
    headers = list(good)
    bad = [{**good, "feedback_code": code, **row} for code, row in (
        ("A", {"due_on": CELLS[0]}),
        ("B", {"field": f"{CELLS[1]}, {CELLS[2]}"}),
    )]  # fmt: skip
    rows = [[row[name] for name in headers] for row in (good, *bad)]
    given = Given(
        "feedback",
        headers,
        rows,
        business_date=day,
        received_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )
    return str(check(home, contracts, [given]).batch)


@pytest.fixture(scope="module")
def home(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("docs"))
    for day in (date(2025, 6, 20), date(2025, 6, 30)):
        checked_feedback(made, contracts, day)
    return made


def test_a_page_a_check_with_the_rules_that_were_broken(home: Home, tmp_path: Path) -> None:
    pages.write_pages(home, tmp_path, date(2025, 6, 30))
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    linked = re.findall(r'href="([0-9a-f]{20}\.html)"', index)
    assert len(linked) == 2
    assert index.index("30/06/2025") < index.index("20/06/2025")
    page = (tmp_path / linked[0]).read_text(encoding="utf-8")
    for said in ("feedback.personal_data", "expect_no_personal_data", "bo-g06 (1)", "33,33 %"):
        assert said in page
    assert page.index("feedback.due_on_unreadable") < page.index("feedback.kind_missing")


def test_no_page_and_no_result_holds_a_cell_or_an_address_to_fetch(
    home: Home, tmp_path: Path
) -> None:
    pages.write_pages(home, tmp_path, date(2025, 6, 30))
    written = [*tmp_path.iterdir(), *keeping.folder_of(home).iterdir()]
    text = "".join(path.read_text(encoding="utf-8") for path in written)
    for cell in CELLS:
        assert cell not in text
    assert "//" not in text.replace("<!doctype", "")


def test_later_and_uncommitted_checks_are_not_shown(home: Home, tmp_path: Path) -> None:
    pages.write_pages(home, tmp_path, date(2025, 6, 25))
    assert len(list(tmp_path.glob("*.html"))) == 2
    stray = keeping.folder_of(home) / "ffffffffffffffffffff.json"
    first = next(keeping.folder_of(home).glob("*.json"))
    stray.write_text(first.read_text(encoding="utf-8").replace(first.stem, stray.stem))
    assert {run["batch"] for run in keeping.runs(home, date(2025, 7, 1))} == {
        path.stem for path in home.ledger.glob("*.parquet") if not path.name.startswith("_")
    }
    stray.unlink()


def test_old_ones_are_deleted_after_the_stated_time(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Home(tmp_path)
    keeping.folder_of(copied).mkdir()
    copied.ledger.mkdir()
    for path in (*keeping.folder_of(home).iterdir(), *home.ledger.glob("[0-9a-f]*.parquet")):
        target = copied.root / path.parent.name / path.name
        target.write_bytes(path.read_bytes())
    monkeypatch.setenv(keeping.KEEP_VARIABLE, "5")
    assert len(list(keeping.runs(copied, date(2025, 6, 30)))) == 1
    assert len(list(keeping.folder_of(copied).iterdir())) == 1
    monkeypatch.setenv(keeping.KEEP_VARIABLE, "for ever")
    with pytest.raises(UsageError, match="KEEP_DATA_DOCS"):
        list(keeping.runs(copied, date(2025, 6, 30)))


def test_without_a_check_there_is_a_page_that_says_so(tmp_path: Path) -> None:
    pages.write_pages(Home(tmp_path / "none"), tmp_path / "docs", date(2025, 6, 30))
    assert "Chưa có lần kiểm tra" in (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
