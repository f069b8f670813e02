"""The Government's own printed list (../shared/real/nq03): a source file and a folder, no code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Root

SOURCE = """
source: nq03
organisation: G22
valid_from: 2025-01-09
datasets:
  tasks:
    transport: folder
    path: {folder}
    pattern: tasks.csv
    mode: full
    headers: {{TT: task_code}}
  indicators:
    transport: folder
    path: {folder}
    pattern: indicators.csv
    mode: full
    headers: {{TT: indicator_code}}
"""

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def government(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Root:
    folder = tmp_path_factory.mktemp("government")
    (folder / "sources").mkdir()
    text = SOURCE.format(folder=real / "nq03")
    (folder / "sources" / "nq03.yml").write_text(text, encoding="utf-8")
    root = Root(folder / "home", folder / "sources")
    root.day("2025-07-01")
    return root


def test_the_nation_has_140_tasks_in_their_classes(government: Root) -> None:
    assert government.rows(
        "select tasks, open_overdue, open_in_term, open_undated, "
        "completed_on_time + completed_late + completed_undated "
        "from mart_scorecard where organisation_code = 'VN'"
    ) == [(140, 20, 100, 20, 0)]


def test_every_task_has_a_lead_or_stands_under_unresolved(government: Root) -> None:
    assert government.rows(
        "select count(distinct task_key) from bridge_task_organisation "
        "where role in ('lead', 'co_lead')"
    ) == [(140,)]
    dissolved = ("G04", "G05", "G07", "G13", "G14")
    assert government.rows(
        f"select count(*) from bridge_task_organisation where organisation_code in {dissolved}"
    ) == [(0,)]


def test_no_indicator_and_no_target_is_lost(government: Root) -> None:
    assert government.rows("select count(*) from dim_indicator") == [(57,)]
    found = {
        code: rest
        for code, *rest in government.rows(
            "select indicator_code, target_operator, target_low, target_high, target_text "
            "from dim_indicator"
        )
    }
    assert found["11.1"][:2] == [">=", 80]
    assert found["19"][:3] == ["between", 40, 50]
    assert found["4"][3] == "≤ 3 Đông Nam Á; ≤ 50 Thế giới"
    assert found["1"][0] == "text"


def test_every_row_received_was_accepted(government: Root) -> None:
    assert government.rows(
        "select sum(rows_received), sum(rows_accepted), sum(rows_rejected) from mart_reporting"
    ) == [(197, 197, 0)]
