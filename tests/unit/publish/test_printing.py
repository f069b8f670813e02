"""PDF on request: the page that is asked for, A4, and a clear word where there is no browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from task_warehouse.dashboard import printing
from task_warehouse.errors import NoDataError, UsageError


@pytest.fixture
def dashboard(tmp_path: Path) -> Path:
    (tmp_path / "body").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><h1>Sáng nay</h1>", encoding="utf-8")
    (tmp_path / "body" / "G06.en.html").write_text("<!doctype html><h1>G06</h1>", encoding="utf-8")
    return tmp_path


def test_the_page_that_is_asked_for_is_found_or_the_reason_said(dashboard: Path) -> None:
    assert printing.page_of(dashboard, None).name == "index.html"
    assert printing.page_of(dashboard, "G06", english=True).name == "G06.en.html"
    with pytest.raises(UsageError, match="G99 has no page"):
        printing.page_of(dashboard, "G99")
    with pytest.raises(UsageError, match="has no page"):
        printing.page_of(dashboard, "../index")
    with pytest.raises(NoDataError, match="no morning is published"):
        printing.page_of(dashboard / "nowhere", None)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_page_becomes_a_pdf(dashboard: Path) -> None:
    out = dashboard / "made" / "morning.pdf"
    printing.print_page(dashboard / "index.html", out)
    assert out.read_bytes().startswith(b"%PDF")


def test_without_a_browser_the_remedy_is_said(
    dashboard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(dashboard))
    with pytest.raises(printing.PrintError, match="install chromium"):
        printing.print_page(dashboard / "index.html", dashboard / "x.pdf")


def test_a_browser_that_prints_nothing_is_not_believed(
    dashboard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(printing.BROWSER_VARIABLE, "true")
    with pytest.raises(printing.PrintError, match="printed nothing"):
        printing.print_page(dashboard / "index.html", dashboard / "x.pdf")
