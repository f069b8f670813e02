"""Source files: what they may say, and how a mistake in one is told."""

from __future__ import annotations

import random
import time
from datetime import date
from datetime import time as clock
from pathlib import Path

import pytest
from collecting_bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from task_warehouse.contracts import load_contracts
from task_warehouse.errors import ContractError, SourceFileError
from task_warehouse.sources import DATASETS, load_sources
from task_warehouse.sources.columns import columns_of
from task_warehouse.sources.loading import load_document
from task_warehouse.sources.organisations import (
    Organisation,
    Organisations,
    load_organisations,
    seed_path,
)
from task_warehouse.sources.positions import read_document

FIXTURES = Path(__file__).parents[2] / "fixtures" / "collect"
ANYBODY = Organisations(None)

WHOLE = """\
source: bo-g06
organisation: G06
name: Bộ Khoa học và Công nghệ
valid_from: 2025-01-01
defaults:
  cadence: daily
  due: 06:30
  headers: {Mã NV: task_code}
  limits: {retries: 2}
datasets:
  tasks:
    transport: folder
    path: exports/bo-g06
    pattern: "tasks_*.csv"
    business_date: {from_name: 'tasks_(?P<date>[0-9]{8})'}
    headers: {Tên nhiệm vụ: title}
    values: {kind: {NV: task}}
    limits: {max_bytes: 20 MB}
    verdict: {row_count: {full: warn}}
  progress:
    transport: http
    url: https://api.example.vn/progress
    paging: {kind: page, size: 500, items: data.items, total: data.total}
    auth: {kind: bearer, secret: G06_TOKEN}
    mode: delta
    cadence: monthly
    due_day: 10
    due: "17:00"
"""


def refusal(bench: Bench, text: str, name: str = "source.yml") -> SourceFileError:
    bench.declare_text(text, name)
    with pytest.raises(SourceFileError) as caught:
        load_sources(bench.sources)
    return caught.value


def test_a_whole_source_file(bench: Bench) -> None:
    bench.declare_text(WHOLE)
    (source,) = load_sources(bench.sources)
    assert (source.source, source.organisation_code) == ("bo-g06", "G06")
    assert source.valid_from == date(2025, 1, 1)
    tasks, progress = source.datasets["tasks"], source.datasets["progress"]
    assert tasks.due == clock(6, 30)
    assert tasks.headers == {"Mã NV": "task_code", "Tên nhiệm vụ": "title"}
    assert (tasks.limits.retries, tasks.limits.max_bytes) == (2, 20_000_000)
    assert tasks.read_options() == {
        "headers": {"Mã NV": "task_code", "Tên nhiệm vụ": "title"},
        "values": {"kind": {"NV": "task"}},
        "tells_its_day": True,
        "verdict": {"row_count": {"full": "warn"}},
    }
    assert (progress.cadence, progress.due_day, progress.due) == ("monthly", 10, clock(17))
    assert progress.read_options()["format"] == "json-seq"
    assert progress.read_options()["records"] == "data.items"


def test_a_code_that_looks_like_a_number_stays_text(bench: Bench) -> None:
    bench.declare_text("""\
        source: tinh-01
        organisation: 01
        datasets: {tasks: {transport: folder, path: x, values: {kind: {1: task, no: event}}}}
        """)
    (source,) = load_sources(bench.sources)
    assert source.organisation_code == "01"
    assert source.datasets["tasks"].values["kind"] == {"1": "task", "no": "event"}


def test_defaults_are_taken_as_far_as_they_concern_a_dataset(bench: Bench) -> None:
    bench.declare_text(
        """\
        source: bo-g06
        organisation: G06
        defaults:
          transport: folder
          headers: {Mã NV: task_code, Mã PA: feedback_code, Ghi chú: null}
          values: {kind: {NV: task}}
        datasets:
          tasks: {path: a, headers: {Mã NV: parent_task_code}}
          feedback: {path: b}
        """
    )
    datasets = load_sources(bench.sources)[0].datasets
    assert datasets["tasks"].headers == {"Mã NV": "parent_task_code", "Ghi chú": None}
    assert datasets["feedback"].headers == {"Mã PA": "feedback_code", "Ghi chú": None}


def test_the_columns_are_those_of_the_contracts() -> None:
    contracts = load_contracts().by_dataset
    assert {name: columns_of(name) for name in DATASETS} == {
        name: contract.names for name, contract in contracts.items()
    }


def test_only_what_is_asked_for_is_loaded(bench: Bench) -> None:
    bench.declare_text(WHOLE, "a.yml")
    bench.declare_text('source: "xa-1"  # not asked for\nnonsense: [', "b.yml")
    bench.declare_text(WHOLE.replace("bo-g06", "bo-g07"), "c.yml")
    assert [one.source for one in load_sources(bench.sources, only={"bo-g06"})] == ["bo-g06"]
    with pytest.raises(SourceFileError, match=r"b\.yml"):
        load_sources(bench.sources)


def test_the_weekday_may_have_a_name(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(cadence="weekly", due_day="friday"))
    assert load_sources(bench.sources)[0].datasets["tasks"].due_day == 5


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("sources/*.yml")), ids=lambda p: p.stem)
def test_a_wrong_source_file_is_told_with_its_line(path: Path) -> None:
    """Each fixture says in its first line what must be told: ``# <line>: <words>``."""
    line, _, words = (
        path.read_text(encoding="utf-8", errors="replace")
        .splitlines()[0]
        .lstrip("# ")
        .partition(": ")
    )
    with pytest.raises(SourceFileError) as caught:
        load_document(read_document(path), Organisations({"G06": G06}))
    said = str(caught.value)
    assert f"{path}:{line}" in said
    for word in words.split(" | "):
        assert word in said
    assert caught.value.remedy
    assert caught.value.exit_code == 2


G06 = Organisation("G06", "Bộ Khoa học và Công nghệ", "ministry", "VN", None, None)


def test_every_mistake_of_a_file_is_told_at_once(bench: Bench) -> None:
    error = refusal(bench, WHOLE.replace("mode: delta", "mode: detla").replace("page,", "pages,"))
    assert len(error.what.splitlines()) == 2
    assert "source.yml:23: 'datasets.progress.paging.kind' is 'pages'; expected" in error.what
    assert "source.yml:25: 'datasets.progress.mode' is 'detla'; expected 'full' or" in error.what


def test_a_default_is_wrong_where_it_stands(bench: Bench) -> None:
    error = refusal(bench, WHOLE.replace("due: 06:30", "due: 630"))
    assert "source.yml:7: 'defaults.due' is '630'; expected an hour HH:MM" in error.what


def test_a_pasted_credential_is_not_repeated(bench: Bench) -> None:
    for pasted in ("secret: eyJhbGciOi", "secret: s3cr3t-Value"):
        error = refusal(bench, WHOLE.replace("secret: G06_TOKEN", pasted))
        assert pasted.split()[-1] not in str(error)
        assert "never the secret itself" in error.what
    for address in ("https://an:mat@api.example.vn/", "https://api.example.vn/?access_token=mat"):
        error = refusal(bench, WHOLE.replace("https://api.example.vn/progress", address))
        assert "mat" not in str(error).replace("format", "")


def test_a_source_id_twice_names_both_files(bench: Bench) -> None:
    bench.declare_text(WHOLE, "a.yml")
    error = refusal(bench, WHOLE, "b.yml")
    assert "'bo-g06' is declared twice" in error.what
    assert "a.yml" in error.what
    assert str(error.where).endswith("b.yml:1")


def test_an_unknown_organisation_is_refused_with_a_near_one(tmp_path: Path) -> None:
    path = tmp_path / "s.yml"
    path.write_text(WHOLE.replace("organisation: G06", "organisation: G6"), encoding="utf-8")
    with pytest.raises(SourceFileError, match="did you mean 'G06'") as caught:
        load_document(read_document(path), Organisations({"G06": G06}))
    assert str(caught.value.where).endswith("s.yml:2")


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="no folder of source files"):
        load_sources(tmp_path / "khong-co")


def test_other_files_beside_are_not_read(bench: Bench) -> None:
    bench.declare_text(WHOLE)
    (bench.sources / "README.md").write_text("not YAML: [")
    (bench.sources / "exports").mkdir()
    assert len(load_sources(bench.sources)) == 1


KEYS = [
    (number, line.split(":")[0].strip(), line)
    for number, line in enumerate(WHOLE.splitlines(), start=1)
]


@settings(max_examples=60, deadline=None)
@given(choice=st.sampled_from(KEYS), data=st.data())
def test_a_slip_in_any_key_is_found_in_its_line(
    tmp_path_factory: pytest.TempPathFactory, choice: tuple[int, str, str], data: st.DataObject
) -> None:
    number, key, line = choice
    at = data.draw(st.integers(1, len(key) - 1), label="position")
    slip = key[:at] + "qx" + key[at:]
    path = tmp_path_factory.mktemp("slip") / "s.yml"
    lines = WHOLE.splitlines()
    lines[number - 1] = line.replace(key, slip, 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SourceFileError) as caught:
        load_document(read_document(path), ANYBODY)
    told = [said for said in caught.value.what.splitlines() if slip in said]
    assert told, caught.value.what
    assert told[0].startswith(f"s.yml:{number}: ")
    assert f"did you mean '{key}'?" in told[0]


@settings(max_examples=150, deadline=None)
@given(raw=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_source_file_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "s.yml"
    path.write_bytes(raw)
    with pytest.raises(SourceFileError) as caught:
        load_document(read_document(path), ANYBODY)
    assert "s.yml:" in str(caught.value.where)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_any_damage_to_a_good_file_is_told_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    dice = random.Random(seed)
    lines = WHOLE.splitlines()
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        line = lines[at]
        cut = dice.randrange(len(line) + 1)
        lines[at] = dice.choice(
            [line[:cut], line[cut:], line[:cut] + dice.choice("{}[]:,'\"&*!|>%@#- \t") + line[cut:]]
        )
    path = tmp_path_factory.mktemp("damage") / "s.yml"
    path.write_text("\n".join(lines), encoding="utf-8")
    told: list[SourceFileError] = []
    sources = []
    try:
        sources = load_document(read_document(path), ANYBODY)
    except SourceFileError as error:
        told.append(error)
    assert len(sources) + len(told) == 1
    assert all("s.yml:" in str(error.where) and error.remedy for error in told)


def family(kind: str = "commune", **more: str) -> str:
    of = ", ".join([f"kind: {kind}", *(f"{key}: {value}" for key, value in more.items())])
    return f"""\
        family: xa
        source: "xa-{{code}}"
        organisations: {{{of}}}
        defaults: {{transport: http, auth: {{kind: basic, user: "xa{{code}}", secret: XA}}}}
        datasets:
          tasks: {{url: "http://127.0.0.1:9/{{parent}}/{{code}}/tasks"}}
          progress: {{url: "http://127.0.0.1:9/progress", params: {{don_vi: "{{code}}"}}}}
        """


needs_seed = pytest.mark.skipif(not seed_path().is_file(), reason="no seed of organisations yet")


@needs_seed
def test_a_family_stands_for_every_commune_of_a_province(bench: Bench) -> None:
    bench.declare_text(family(parent='"01"'))
    sources = load_sources(bench.sources)
    assert len(sources) == 126  # communes of Hà Nội since 1 July 2025
    first = sources[0]
    assert (first.source, first.organisation_code, first.family) == ("xa-00004", "00004", "xa")
    assert first.datasets["tasks"].url == "http://127.0.0.1:9/01/00004/tasks"
    assert first.datasets["progress"].params == {"don_vi": "00004"}
    auth = first.datasets["tasks"].auth
    assert auth is not None
    assert auth.user == "xa00004"
    assert not first.is_active(date(2025, 6, 30)), "no commune reports before it exists"
    assert first.is_active(date(2025, 7, 1))


@needs_seed
def test_each_member_may_have_a_secret_of_its_own(bench: Bench) -> None:
    text = family(parent='"01"').replace("secret: XA}", 'secret: "XA_{code}"}')
    bench.declare_text(text)
    secrets = {source.datasets["tasks"].auth.secret for source in load_sources(bench.sources)}  # type: ignore[union-attr]
    assert len(secrets) == 126
    assert "XA_00004" in secrets


def test_one_source_alone_has_no_code_in_its_secret(bench: Bench) -> None:
    error = refusal(bench, WHOLE.replace("secret: G06_TOKEN", 'secret: "G06_{code}"'))
    assert "only a family has codes" in error.what


@needs_seed
def test_all_communes_are_declared_in_one_file_quickly(bench: Bench) -> None:
    bench.declare_text(family())
    load_organisations()
    started = time.monotonic()
    sources = load_sources(bench.sources)
    assert len({source.source for source in sources}) == 3_321
    assert time.monotonic() - started < 2


@needs_seed
def test_members_may_be_named_or_left_out(bench: Bench) -> None:
    bench.declare_text(family(parent='"01"', only='["00004", "00008"]', without='["00008"]'))
    assert [source.source for source in load_sources(bench.sources)] == ["xa-00004"]


@needs_seed
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"parent": '"99"'}, "there are none: the commune organisations under '99'"),
        ({"parent": '"01"', "without": '["99999"]'}, "99999 is not among"),
        ({"parent": '"01"', "kind": "commune"}, "the key 'kind' again"),
    ],
)
def test_a_family_of_nobody_or_with_strangers_is_refused(
    bench: Bench, more: dict[str, str], words: str
) -> None:
    text = family(**{"kind": "commune", **more})
    if "kind" in more:
        text = text.replace("kind: commune", "kind: commune, kind: commune", 1)
    error = refusal(bench, text)
    assert words in error.what
    assert str(error.where).endswith("source.yml:3")


def test_a_seed_with_other_columns_is_our_mistake(tmp_path: Path) -> None:
    seed = tmp_path / "organisations.csv"
    seed.write_text("code,name\nG06,x\n", encoding="utf-8")
    with pytest.raises(ContractError, match="organisation_code"):
        load_organisations(seed)


def test_rows_of_one_organisation_are_one_life(tmp_path: Path) -> None:
    seed = tmp_path / "organisations.csv"
    seed.write_text(
        "organisation_code,name_vi,kind,parent_code,valid_from,valid_to\n"
        "G10,Bộ NN&PTNT,ministry,VN,2000-01-01,2025-02-28\n"
        "G10,Bộ Nông nghiệp và Môi trường,ministry,VN,2025-03-01,\n",
        encoding="utf-8",
    )
    known = load_organisations(seed).by_code
    assert known is not None
    assert known["G10"].name == "Bộ Nông nghiệp và Môi trường"
    assert (known["G10"].valid_from, known["G10"].valid_to) == (date(2000, 1, 1), None)
