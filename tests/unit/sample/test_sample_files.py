"""The sample's files: the same bytes every time, readable by anybody, and nothing private."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from plain_readers import read_texts
from written_sample import AS_OF, URL, Written

from task_warehouse.contracts import load_contracts
from task_warehouse.errors import UsageError
from task_warehouse.sample import write_sample
from task_warehouse.sample.organisations import load_registry
from task_warehouse.sample.vocabularies import FULL, STYLES, declared_values, words_of
from task_warehouse.sources import load_sources

UNREADABLE = {"truncated", "wrong_encoding", "unknown_header", "error_page", "empty_file"}
E_MAIL = re.compile(r"[\w.]+@[\w-]+\.\w+")
PHONE = re.compile(r"(?<![\w-])(?:\+84|0)\d{2,3}[ .-]?\d{3}[ .-]?\d{3,4}(?![\w-])")
FAMILY_NAMES = "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý"
PERSON = re.compile(rf"\b(?:{FAMILY_NAMES})(?: [A-ZĐÀ-Ỹ][a-zà-ỹ]+){{1,3}}\b|\b(?:Ông|Bà) [A-ZĐ]")


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_arguments_give_the_same_bytes(small: Written, tmp_path: Path) -> None:
    write_sample(tmp_path / "again", as_of=AS_OF, tasks=300, direct_communes=6, base_url=URL)
    first, again = _hashes(small.folder), _hashes(tmp_path / "again")
    assert first == again
    assert {Path(name).suffix for name in first} >= {".xlsx", ".zip", ".xml", ".ndjson", ".tsv"}


def test_another_seed_is_another_world(small: Written, tmp_path: Path) -> None:
    write_sample(tmp_path, seed=58, as_of=AS_OF, tasks=300, direct_communes=6, base_url=URL)
    ours, others = _hashes(small.folder / "exports"), _hashes(tmp_path / "exports")
    tasks = {name for name in ours if "nhiem_vu" in name} & set(others)
    assert len(tasks) > 20
    assert all(ours[name] != others[name] for name in tasks)


def test_a_former_sample_is_replaced_whole(tmp_path: Path) -> None:
    for communes in (6, 2):
        write_sample(tmp_path, as_of=AS_OF, tasks=100, direct_communes=communes, base_url=URL)
    assert len(list((tmp_path / "sources").glob("xa-*.yml"))) == 2
    assert len(list((tmp_path / "exports").glob("xa-*"))) <= 2


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "sources"
    kept.mkdir()
    (kept / "mine.yml").write_text("source: mine\n")
    with pytest.raises(UsageError, match="not a sample"):
        write_sample(tmp_path, as_of=AS_OF, tasks=100, base_url=URL)
    assert (kept / "mine.yml").exists()


@pytest.mark.parametrize(
    "wrong", [{"tasks": 5}, {"direct_communes": 4000}, {"defect_share": 0.9}], ids=str
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        write_sample(tmp_path / "none", as_of=AS_OF, base_url=URL, **wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


def test_a_day_before_the_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2025-06-30"):
        write_sample(tmp_path / "none", as_of=date(2025, 6, 30), base_url=URL)


def test_a_sample_without_defects_and_direct_communes(tmp_path: Path) -> None:
    summary = write_sample(
        tmp_path, as_of=AS_OF, tasks=100, direct_communes=0, defect_share=0, base_url=URL
    )
    assert summary.sources == 56


def test_every_file_is_read_by_plain_readers(sample: Written) -> None:
    """What the source file declares is enough to find every row that was handed over."""
    sources = {source.source: source for source in load_sources(sample.folder / "sources")}
    seen: Counter[str] = Counter()
    for row in sample.truth("deliveries"):
        path = sample.folder / "exports" / row["source"] / row["delivery"]
        dataset = sources[row["source"]].datasets[row["dataset"]]
        if row["defect"] in UNREADABLE or dataset.transport == "http" or row["arrives"] == "false":
            continue
        found = read_texts(path, dataset)
        assert len(found) - 1 == int(row["rows_received"]), path
        seen[f"{dataset.format} {dataset.encoding} {path.suffix}"] += 1
    assert len(seen) >= 10, seen


def test_every_header_is_known(sample: Written) -> None:
    """By default or by the source file; else a delivery would be refused for our own fault."""
    contracts = load_contracts()
    for source in load_sources(sample.folder / "sources"):
        for name, dataset in source.datasets.items():
            headers = list(dataset.headers) or list(FULL[name].values())
            found = contracts.headers[name].resolve(headers, dataset.headers).positions
            assert set(found) == set(FULL[name]), (source.source, name)


def test_every_word_of_every_vocabulary_is_understood() -> None:
    """By default, or by the value map that the source file declares for it."""
    contracts = load_contracts()
    coded = 0
    for style in STYLES:
        for dataset, contract in contracts.by_dataset.items():
            own = declared_values(style, dataset)
            for column, words in words_of(style, dataset).items():
                code_list = contract.column(column).code_list
                assert code_list, (dataset, column)
                meant = contracts.value_maps[code_list]
                for code, word in words.items():
                    understood = meant.meaning(word, own.get(column, {}))
                    # One vocabulary has no words of its own for tasks without a deadline.
                    assert understood == code or (style == "english" and "undated" in code)
                    coded += 1
    assert coded > 100


def test_no_text_names_a_person_or_a_way_to_reach_one(sample: Written) -> None:
    """Communes bear the names of people; official names are taken out before looking."""
    registry = load_registry()
    official = {org.name for org in registry.current.values()}
    bare = {name.split(" ", 1)[1] for name in official if " " in name}
    names = re.compile(
        "|".join(re.escape(name) for name in sorted(official | bare, key=len, reverse=True)), re.I
    )
    texts: set[str] = set()
    sources = {source.source: source for source in load_sources(sample.folder / "sources")}
    for row in sample.truth("deliveries"):
        dataset = sources[row["source"]].datasets[row["dataset"]]
        if row["defect"] in UNREADABLE or row["arrives"] == "false":
            continue
        if dataset.transport == "http":
            path = sample.folder / "http" / row["source"] / f"{row['dataset']}.json"
            texts.update(re.findall(r'"([^"]*)"', path.read_text(encoding="utf-8")))
            continue
        path = sample.folder / "exports" / row["source"] / row["delivery"]
        for record in read_texts(path, dataset):
            texts.update(unicodedata.normalize("NFC", text) for text in record)
    assert len(texts) > 10_000
    for text in texts:
        assert not E_MAIL.search(text), text
        assert not PHONE.search(text), text
        assert not PERSON.search(text) or not PERSON.search(names.sub(" ", text)), text


def test_text_is_composed_but_for_the_source_that_decomposes(sample: Written) -> None:
    decomposed = set()
    for path in (sample.folder / "exports").rglob("*"):
        if path.suffix in (".csv", ".xml", ".json", ".ndjson"):
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # Windows-1258 has no other form
            if not unicodedata.is_normalized("NFC", text):
                decomposed.add(path.parent.name)
    declared = {
        path.stem
        for path in (sample.folder / "sources").glob("*.yml")
        if "Sample export: decomposed." in path.read_text(encoding="utf-8")
    }
    assert decomposed
    assert decomposed == declared
    for path in (*(sample.folder / "truth").iterdir(), *(sample.folder / "sources").iterdir()):
        assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8")), path
    for path in (sample.folder / "http").rglob("*.json"):
        assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8")), path


def test_titles_are_varied(sample: Written) -> None:
    titles = Counter(row["title"] for row in sample.truth("tasks"))
    assert len(titles) > 0.7 * sum(titles.values())
    assert max(titles.values()) < 40


def test_one_file_declares_every_commune_of_a_province(sample: Written) -> None:
    family = [
        source for source in load_sources(sample.folder / "sources") if source.family is not None
    ]
    registry = load_registry()
    communes = {org.code for org in registry.of_kind("commune") if org.parent == "12"}
    assert {source.organisation_code for source in family} == communes
    assert {source.declared_in for source in family} == {"xa-tinh-12.yml"}
    served = json.loads((sample.folder / "http" / "manifest.json").read_text(encoding="utf-8"))
    for source in family:
        assert set(source.datasets) == set(served["sources"][source.source]["datasets"])
        assert source.datasets["tasks"].url == f"{URL}/{source.source}/tasks"
