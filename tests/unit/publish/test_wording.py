"""Words, numbers and dates of the pages, and the geometry of their pictures."""

from __future__ import annotations

import csv
import re
import string
import tomllib
import unicodedata
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_warehouse import dashboard
from task_warehouse.dashboard.drawing import ISLANDS, TILES, step_of
from task_warehouse.dashboard.pages import page_name
from task_warehouse.dashboard.wording import Wording, plain
from task_warehouse.settings import PROJECT_ROOT

FOLDER = Path(dashboard.__file__).parent
TEXTS = tomllib.loads((FOLDER / "texts.toml").read_text(encoding="utf-8"))
TEMPLATES = "".join(
    path.read_text(encoding="utf-8") for path in sorted((FOLDER / "templates").glob("*.j2"))
)
vi, en = Wording("vi"), Wording("en")


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_has_both_languages_with_the_same_blanks() -> None:
    for section, texts in TEXTS.items():
        for name, text in texts.items():
            assert set(text) == {"vi", "en"}, f"{section}.{name}"
            assert fields_of(text["vi"]) == fields_of(text["en"]), f"{section}.{name}"
            assert unicodedata.is_normalized("NFC", text["vi"] + text["en"])


def test_templates_use_known_texts_and_every_text_is_used() -> None:
    used = set(re.findall(r"""\bt\(["']([a-z_.0-9]+)["']\s*[,)]""", TEMPLATES))
    known = {f"{section}.{name}" for section, texts in TEXTS.items() for name in texts}
    assert used <= known
    families = set(re.findall(r"""["']([a-z]+)\.(?:step_)?["'] ~""", TEMPLATES))
    families |= set(re.findall(r"""text_or\(["']([a-z_]+)["']""", TEMPLATES))
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    in_code = set(re.findall(r"""["']([a-z]+\.[a-z_0-9]+)["']""", code))
    families |= set(re.findall(r"""text\(f["']([a-z]+)\.\{""", code))
    unused = {k for k in known - used - in_code if k.partition(".")[0] not in families}
    assert unused == set()


@pytest.mark.parametrize(
    ("value", "decimals", "vietnamese", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (-2, 0, "−2", "−2"),
        (-0.4, 0, "0", "0"),
        (0, 0, "0", "0"),
        (None, 0, "–", "–"),
    ],
)
def test_numbers(value: float | None, decimals: int, vietnamese: str, english: str) -> None:
    assert vi.number(value, decimals) == vietnamese
    assert en.number(value, decimals) == english


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.448, "44,8%"),
        (0.5, "50%"),
        (1.0, "100%"),
        (0.0, "0%"),
        (0.99999, "99,9%"),
        (0.00001, "0,1%"),
        (None, "–"),
    ],
)
def test_a_share_never_reads_as_all_or_nothing_when_it_is_not(
    share: float | None, said: str
) -> None:
    assert vi.percent(share) == said


@given(st.integers(min_value=1, max_value=10_000_000), st.data())
def test_only_all_is_a_hundred_percent(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(min_value=0, max_value=whole))
    assert (vi.percent(part / whole) == "100%") == (part == whole)
    assert (vi.percent(part / whole) == "0%") == (part == 0)


def test_amounts_changes_days_and_moments() -> None:
    assert [vi.amount(value) for value in (4.0, 4.25, 4.5, -2.0)] == ["4", "4,25", "4,5", "−2"]
    assert [vi.change(value) for value in (3, -2, 0, None)] == ["+3", "−2", "=", "–"]
    assert vi.day(date(2026, 11, 2)) == "02/11/2026"
    # Half past eleven in the evening UTC is the next morning in Viet Nam.
    assert vi.moment(datetime(2026, 11, 19, 23, 30, tzinfo=UTC)) == "06:30 20/11/2026"
    assert vi.day(None) == vi.moment(None) == "–"


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert vi.text_or("statuses", "missing") == "Chưa gửi"
    assert vi.text_or("statuses", "brand_new") == "brand_new"
    with pytest.raises(KeyError):
        vi.text("statuses.brand_new")


@given(st.text())
def test_no_control_character_is_laid_out(text: str) -> None:
    said = plain(text)
    assert len(said) <= 501
    assert not {c for c in said if unicodedata.category(c) == "Cc"} - {"\t", "\n", "\r"}


@given(st.text(min_size=1))
def test_a_page_name_is_always_a_harmless_file_name(code: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", page_name(code))
    assert page_name("G06") == "G06"


def test_the_map_has_every_province_once_and_the_islands_with_theirs() -> None:
    seed = PROJECT_ROOT / "dbt_project" / "seeds" / "organisations.csv"
    with seed.open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["kind"] == "province" and not r["valid_to"]]
    names = {row["organisation_code"]: row["name_vi"] for row in rows}
    assert set(TILES) == set(names)
    assert len(names) == 34
    places = [(x, y) for x, y, _ in (*TILES.values(), *ISLANDS.values())]
    assert len(set(places)) == len(places)
    for code, (_, _, label) in TILES.items():
        assert label == "TP.HCM" or names[code].endswith(label)
    assert {code: TILES[code][2] for code in ISLANDS} == {"48": "Đà Nẵng", "56": "Khánh Hòa"}


def test_steps_of_the_map() -> None:
    shares = (None, 0.0, 0.001, 0.05, 0.1, 0.2, 1.0)
    assert [step_of(share) for share in shares] == [None, 0, 1, 2, 3, 4, 4]


def test_an_age_is_said_in_the_unit_that_is_read_at_a_glance() -> None:
    now = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    assert vi.age(now - timedelta(minutes=20), now) == "20 phút"
    assert en.age(now - timedelta(hours=26), now) == "26 hours"
    assert vi.age(now - timedelta(days=1500), now) == "1.500 ngày"
    assert en.age(now + timedelta(hours=1), now) == "0 minutes"


@pytest.mark.parametrize(
    ("finding", "old", "new", "said"),
    [
        ("silent", "2025-09-14", "61", "không báo cáo từ 14/09/2025, đã 61 ngày"),
        ("percent_fell", "50.0", "37.5", "50% → 37,5%"),
        (
            "label_disagrees",
            "open_in_term",
            "open_overdue",
            "ghi “Đang thực hiện, trong hạn”, thực tế “Chưa hoàn thành, quá hạn”",
        ),
        ("text_repeated", "3", "{x} đang làm", "3 báo cáo liền nhau: “{x} đang làm”"),
        ("something_new", None, "2025-01-02", "– → 02/01/2025"),
        ("completed_without_evidence", None, None, "–"),
    ],
)
def test_what_a_finding_saw_is_said_in_words(
    finding: str, old: str | None, new: str | None, said: str
) -> None:
    row = SimpleNamespace(finding=finding, old_value=old, new_value=new)
    assert vi.found(row) == said
