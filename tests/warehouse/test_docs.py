"""The documentation of every table as one page that opens without a server."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from task_warehouse import documenting
from task_warehouse.errors import NoDataError
from task_warehouse.settings import Home


def test_every_mart_is_on_the_page_and_an_unchanged_page_is_left_alone(
    marts: duckdb.DuckDBPyConnection, meaning_home: Home
) -> None:
    page = documenting.keep_docs(meaning_home)
    text = page.read_text(encoding="utf-8")
    tables = marts.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts'"
    ).fetchall()
    assert len(tables) > 30
    assert [name for (name,) in tables if f"model.task_warehouse.{name}" not in text] == []
    assert json.dumps("Nhịp được văn bản nêu")[1:-1] in text
    written = page.stat().st_mtime_ns
    assert documenting.keep_docs(meaning_home).stat().st_mtime_ns == written


def test_without_a_build_there_is_nothing_to_describe(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="no build to describe"):
        documenting.keep_docs(Home(tmp_path))
