"""Open data: valid by the standard's own validator, and nothing in them that is not allowed."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import duckdb
import frictionless
import pytest
from hostile_marts import FORMULA, HOSTILE

from task_warehouse import open_data
from task_warehouse.errors import UsageError
from task_warehouse.open_data.tables import SMALLEST, TABLES
from task_warehouse.open_data.writing import LICENCE_VARIABLE, in_both

# Everything that may ever be read by the public. Another column is a decision of a person, not
# of a change elsewhere: none of these is a text of a task, a report, a finding or a refused row.
TEXTS = {
    "organisation_code",
    "name",
    "name_en",
    "kind",
    "level",
    "parent_code",
    "document_code",
    "root_document_code",
    "dataset",
    "indicator_code",
    "unit",
    "better",
    "target_operator",
    "lead_code",
    "period",
    "state",
    "code",
}


@pytest.fixture(scope="module")
def folder(told_morning: Path) -> Path:
    return told_morning / "open_data"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_package_is_valid_by_its_own_standard(folder: Path) -> None:
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    assert report.stats["tasks"] == len(TABLES)


def test_each_resource_is_the_file_that_is_described(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        octets = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(octets)
        assert resource["hash"] == "sha256:" + hashlib.sha256(octets).hexdigest()
        assert octets.endswith(b"\r\n"), "RFC 4180 ends lines with CRLF"
        octets.decode("utf-8")
    group = json.loads((folder / "csv-metadata.json").read_text(encoding="utf-8"))
    assert group["@context"] == ["http://www.w3.org/ns/csvw", {"@language": "vi"}]
    for table in group["tables"]:
        with (folder / table["url"]).open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        assert header == [column["titles"] for column in table["tableSchema"]["columns"]]


def test_figures_are_those_of_the_marts(told_morning: Path, folder: Path) -> None:
    with duckdb.connect(str(told_morning / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select organisation_code, tasks, open_overdue from marts.mart_scorecard order by 1"
        ).fetchall()
    opened = [
        (row["organisation_code"], int(row["tasks"]), int(row["open_overdue"]))
        for row in rows(folder / "scorecard.csv")
    ]
    assert opened == found


def test_no_text_gets_in_that_is_not_allowed(told_morning: Path, folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    texts = {
        field["name"]
        for resource in package["resources"]
        for field in resource["schema"]["fields"]
        if field["type"] == "string"
    }
    assert texts <= TEXTS, "a text column nobody allowed"
    said = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert HOSTILE[-8:] * 3 not in said
    with duckdb.connect(str(told_morning / "warehouse.duckdb"), read_only=True) as connection:
        for key in ("task_key", "task_code"):
            for (value,) in connection.execute(f"select {key} from marts.dim_task").fetchall():
                assert value not in said


def test_feedback_of_few_is_withheld_and_cannot_be_subtracted(folder: Path) -> None:
    told = {(row["kind"], row["organisation_code"]) for row in rows(folder / "feedback.csv")}
    # Of 'feedback' one body is small: the next smallest goes with it.
    assert told == {("feedback", "00008"), ("solution", "00004")}
    assert str(SMALLEST) in (folder / "README.md").read_text(encoding="utf-8")


def test_a_name_that_a_spreadsheet_would_run_is_text(folder: Path) -> None:
    (name,) = [row["name"] for row in rows(folder / "indicators.csv")]
    assert name == f"'{FORMULA}"


def test_the_licence_is_the_publishers_own(
    told_morning: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = json.loads(
        (told_morning / "open_data" / "datapackage.json").read_text(encoding="utf-8")
    )
    assert "licenses" not in package
    monkeypatch.setenv(LICENCE_VARIABLE, "CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/")
    open_data.write(told_morning, tmp_path / "out")
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    monkeypatch.setenv(LICENCE_VARIABLE, "CC-BY-4.0 javascript:alert(1)")
    with pytest.raises(UsageError, match="not a licence"):
        open_data.write(told_morning, tmp_path / "again")


def test_a_comment_in_both_languages_is_parted() -> None:
    comment = "Tỷ lệ = hoàn thành / tất cả / Completed / all"
    assert in_both(comment) == ("Tỷ lệ = hoàn thành / tất cả", "Completed / all")
    assert in_both("Chỉ tiếng Việt") == ("Chỉ tiếng Việt", "Chỉ tiếng Việt")
