from __future__ import annotations

import csv
import io
import json

import pytest
from rich.table import Table

from task_warehouse.errors import UsageError
from task_warehouse.terminal import SHOWN_ROWS, Terminal, print_rows

HOSTILE = "[/bold] [red]:skull: \x1b]0;owned\x07\x1b[2J\x9b1m \u202egnaht"


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(width=120)


def test_what_came_from_outside_is_shown_and_not_obeyed(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table("title")
    table.add_row(HOSTILE)
    terminal.print(table)
    terminal.print(HOSTILE)
    terminal.say(HOSTILE)
    said = capsys.readouterr().out
    shown = r"[/bold] [red]:skull: \x1b]0;owned\x07\x1b[2J\x9b1m \u202egnaht"
    assert said.count(shown) == 3
    assert not set(said) & set("\x1b\x07\x9b\u202e")


def test_vietnamese_and_line_feeds_stay(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.say("Sở Khoa học và Công nghệ\nđã tiếp nhận")
    assert capsys.readouterr().out == "Sở Khoa học và Công nghệ\nđã tiếp nhận\n"


def test_a_row_too_wide_for_a_table_is_a_line_a_value(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"column_number_{number}" for number in range(12)]
    print_rows(terminal, names, [["x" * 30, *range(11)]], "table")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "row 1"
    assert [line.split() for line in said[1:3]] == [
        ["column_number_0", "x" * 30],
        ["column_number_1", "0"],
    ]


def test_a_narrow_answer_is_a_table_cut_after_two_hundred_rows(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    print_rows(
        terminal, ["code", "tasks"], ((f"G{n:03d}", n) for n in range(SHOWN_ROWS + 1)), "table"
    )
    said = capsys.readouterr().out
    assert "G199" in said
    assert "G200" not in said
    assert "only the first 200 rows" in said


def test_machines_get_every_row_as_it_is(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[HOSTILE, None]] * (SHOWN_ROWS + 1)
    print_rows(terminal, ["title", "note"], rows, "csv")
    assert list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))[1:] == [
        [HOSTILE, ""]
    ] * len(rows)
    print_rows(terminal, ["title", "note"], rows, "json")
    assert json.loads(capsys.readouterr().out) == [{"title": HOSTILE, "note": None}] * len(rows)


def test_another_output_is_refused(terminal: Terminal) -> None:
    with pytest.raises(UsageError, match="no such output: yaml"):
        print_rows(terminal, ["a"], [], "yaml")
