"""Facts about organisations as the seeds hold them."""

from __future__ import annotations

import csv
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from task_warehouse.parsed_project import PROJECT

SEEDS = PROJECT / "seeds"


def _rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


ORGANISATIONS = _rows("organisations")


def _in_force(kind: str, on: date) -> set[str]:
    return {
        row["organisation_code"]
        for row in ORGANISATIONS
        if row["kind"] == kind
        and row["valid_from"] <= on.isoformat() <= (row["valid_to"] or "9999-12-31")
    }


@pytest.mark.parametrize(
    ("kind", "on", "count"),
    [
        ("ministry", date(2025, 2, 28), 22),
        ("ministry", date(2025, 3, 1), 17),
        ("agency", date(2025, 3, 1), 5),
        ("province", date(2025, 6, 30), 63),
        ("province", date(2025, 7, 1), 34),
        ("commune", date(2025, 6, 30), 0),
        ("commune", date(2025, 7, 1), 3321),
    ],
)
def test_bodies_in_force_on_a_day(kind: str, on: date, count: int) -> None:
    assert len(_in_force(kind, on)) == count


def test_one_name_a_code_a_day() -> None:
    by_code: dict[str, list[tuple[str, str]]] = {}
    for row in ORGANISATIONS:
        span = (row["valid_from"], row["valid_to"] or "9999-12-31")
        by_code.setdefault(row["organisation_code"], []).append(span)
    overlapping = [
        code
        for code, spans in by_code.items()
        for earlier, later in zip(sorted(spans), sorted(spans)[1:], strict=False)
        if later[0] <= earlier[1]
    ]
    assert overlapping == []


def test_who_ended_has_a_successor_in_force_the_day_after() -> None:
    orphans = [
        row["organisation_code"]
        for row in ORGANISATIONS
        if row["valid_to"]
        and row["successor_code"]
        not in _in_force(row["kind"], date.fromordinal(_ordinal(row["valid_to"]) + 1))
        and row["kind"] != "agency"
    ]
    assert orphans == []


def test_social_security_went_into_a_ministry() -> None:
    (row,) = (row for row in ORGANISATIONS if row["organisation_code"] == "G24")
    assert (row["valid_to"], row["successor_code"]) == ("2025-02-28", "G12")


def test_codes_keep_their_zeros_and_names_their_marks() -> None:
    widths = {"province": 2, "commune": 5}
    for row in ORGANISATIONS:
        if row["kind"] in widths:
            assert row["organisation_code"].isdigit()
            assert len(row["organisation_code"]) == widths[row["kind"]]
        assert row["name_vi"] == unicodedata.normalize("NFC", row["name_vi"])
        assert row["name_en"].isascii()


def test_every_alias_and_rule_names_an_organisation() -> None:
    codes = {row["organisation_code"] for row in ORGANISATIONS}
    assert {row["organisation_code"] for row in _rows("organisation_aliases")} <= codes
    for row in _rows("collective_members"):
        assert row["collective_code"] in codes
        assert not row["member_code"] or row["member_code"] in codes


@pytest.mark.real
def test_communes_are_the_published_ones(real: Path) -> None:
    with (real / "codes" / "communes.csv").open(encoding="utf-8", newline="") as stream:
        published = {
            (row["code"], row["name"].casefold(), row["province_code"])
            for row in csv.DictReader(stream)
        }
    ours = {
        (row["organisation_code"], row["name_vi"].casefold(), row["parent_code"])
        for row in ORGANISATIONS
        if row["kind"] == "commune"
    }
    assert ours == published


@pytest.mark.real
def test_old_provinces_went_where_the_resolution_says(real: Path) -> None:
    with (real / "codes" / "province_successors.csv").open(encoding="utf-8", newline="") as stream:
        published = list(csv.DictReader(stream))
    kept = {
        (row["organisation_code"], row["name_vi"].partition(" ")[2].removeprefix("phố "))
        for row in ORGANISATIONS
        if row["kind"] == "province" and not row["valid_to"]
    }
    ended = {
        (row["organisation_code"], row["name_vi"].partition(" ")[2]): row["successor_code"]
        for row in ORGANISATIONS
        if row["kind"] == "province" and row["valid_to"]
    }
    for row in published:
        old = (row["old_code"], row["old_name"])
        assert old in kept or ended[old] == row["new_code"], old
        assert (row["new_code"], row["new_name"]) in kept


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
