"""A batch: outcomes over days and runs, receipts, secrets known, our own faults."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import time
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from collecting_bench import AS_OF, RECEIVED_AT, Bench
from misbehaving_server import Server, in_turn, says

from task_warehouse import collecting, landing, receipts
from task_warehouse.errors import ContractError, StorageError, UsageError
from task_warehouse.receipts import SCHEMA, Receipt
from task_warehouse.transports import attempts, drops

NEXT_DAY = date(2025, 7, 2)


def outcomes(found: list[dict[str, object]]) -> list[object]:
    return [receipt["outcome"] for receipt in found]


def test_a_receipt_says_all_there_is_to_say(bench: Bench) -> None:
    bench.declare(
        tasks=bench.folder(
            headers={"Mã NV": "task_code"}, date_format="dd/mm/yyyy", format="csv", mode="delta"
        )
    )
    bench.drop("nhiệm vụ.csv", "a\n")
    receipt = bench.collect_one()
    sha256 = hashlib.sha256(b"a\n").hexdigest()
    assert list(receipt) == SCHEMA.names
    assert receipt["sha256"] == sha256
    assert (
        receipt["delivery_id"] == hashlib.sha256(f"bo-g06|tasks|{sha256}".encode()).hexdigest()[:20]
    )
    assert receipt["organisation_code"] == "G06"
    assert (receipt["mode"], receipt["format"], receipt["expected"]) == ("delta", "csv", True)
    assert receipt["received_at"].astimezone(UTC) > RECEIVED_AT
    assert receipt["due_at"].astimezone(UTC) == datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    assert json.loads(receipt["options"]) == {
        "date_format": "dd/mm/yyyy",
        "format": "csv",
        "headers": {"Mã NV": "task_code"},
    }
    assert receipt["reason_code"] is None
    assert len(receipt["receipt_id"]) == 20


def test_the_same_bytes_are_one_delivery_however_often_seen(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(), progress=bench.folder(pattern="*.csv"))
    bench.drop("a.csv", "a\n")
    bench.drop("b.csv", "a\n")
    first = bench.receipts() or bench.collect()
    assert outcomes(first) == ["landed", "duplicate"] * 2
    assert outcomes(bench.collect()) == ["unchanged", "duplicate"] * 2, "the same day again"
    assert outcomes(bench.collect(NEXT_DAY)) == ["unchanged", "duplicate"] * 2, "the next day"
    assert outcomes(bench.collect(date(2025, 6, 1))) == ["unchanged", "duplicate"] * 2
    assert len({one["delivery_id"] for one in bench.receipts("dataset = 'tasks'")}) == 1
    assert len(bench.files()) == 1


def test_another_dataset_with_the_same_bytes_is_another_delivery(bench: Bench) -> None:
    bench.declare(tasks=bench.folder("x"), progress=bench.folder("y"))
    bench.drop("a.csv", "a\n", "x")
    bench.drop("a.csv", "a\n", "y")
    found = bench.collect()
    assert outcomes(found) == ["landed", "landed"]
    assert found[0]["delivery_id"] != found[1]["delivery_id"]
    assert len(bench.files()) == 1


def test_a_batch_repeated_under_its_name_keeps_what_it_achieved(bench: Bench) -> None:
    """A retried task must not turn its own landing into "unchanged": it was not checked yet."""
    bench.declare(tasks=bench.folder(), progress=bench.folder("khong-co"))
    bench.drop("a.csv", "a\n")
    first = bench.collect(batch="the-batch")
    again = bench.collect(batch="the-batch")
    assert outcomes(again) == ["missing", "landed"]
    assert again[1] == first[1]
    assert len(bench.receipts()) == 2
    bench.drop("c.csv", "c\n", "khong-co")
    assert outcomes(bench.collect(batch="the-batch")) == ["missing", "landed", "landed"]


def test_what_is_gone_from_the_landing_is_landed_again(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    bench.drop("a.csv", "a\n")
    bench.collect()
    shutil.rmtree(bench.home.landing)
    assert outcomes(bench.collect(NEXT_DAY)) == ["unchanged"]
    assert len(bench.files()) == 1


def test_a_fixed_business_date(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(business_date="2025-01-09", cadence="once"))
    bench.drop("a.csv", "a\n")
    assert bench.collect(date(2025, 1, 8)) == []
    receipt = bench.collect_one()
    assert (receipt["business_date"], receipt["expected"]) == (date(2025, 1, 9), True)


def test_missing_says_whether_it_was_expected(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(cadence="monthly", due_day=10))
    assert bench.collect_one()["expected"] is False
    tenth = bench.collect_one(as_of=date(2025, 7, 10))
    assert (tenth["expected"], tenth["outcome"]) == (True, "missing")
    assert tenth["due_at"] is not None


def test_bytes_known_to_hold_secrets_are_never_landed_again(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    bench.declare("tinh-01", organisation="01", tasks=bench.folder("other"))
    bench.drop("a.csv", "mat\n")
    first = bench.collect()[0]
    bench.home.ledger.mkdir(parents=True)
    ledger = pa.table(
        {"delivery_id": [first["delivery_id"]], "secret_rows": pa.array([2], pa.int64())}
    )
    pq.write_table(ledger, bench.home.ledger / "x.parquet")
    landing.discard(bench.home, first["sha256"])
    bench.drop("b.csv", "mat\n", "other")
    again, elsewhere = bench.collect(NEXT_DAY)
    assert (again["outcome"], again["delivery_id"]) == ("unchanged", first["delivery_id"])
    assert (elsewhere["outcome"], elsewhere["reason_code"]) == (
        "refused",
        "transport.secret_known",
    )
    assert elsewhere["delivery_id"] is None
    assert bench.files() == []


def test_sources_are_dealt_evenly_and_only_those_in_force(bench: Bench) -> None:
    for number in range(10):
        bench.declare(f"xa-{number}", organisation="01", tasks=bench.folder())
    bench.declare_text(
        """\
        source: het-han
        organisation: G06
        valid_to: 2025-06-30
        datasets: {tasks: {transport: folder, path: x}}
        """
    )
    batches = collecting.plan_batches(bench.sources, AS_OF, batch_size=4)
    all_of_them = [f"xa-{number}" for number in range(10)]
    assert [len(batch) for batch in batches] == [4, 3, 3]
    assert sorted(itertools.chain(*batches)) == all_of_them
    (one,) = collecting.plan_batches(bench.sources, AS_OF, batch_size=100)
    assert sorted(one) == all_of_them


def test_every_second_source_does_not_always_share_a_batch(bench: Bench) -> None:
    for number in range(40):
        bench.declare(f"xa-{number:02d}", organisation="01", tasks=bench.folder())
    first, second = collecting.plan_batches(bench.sources, AS_OF, batch_size=20)
    assert {int(one[-1]) % 2 for one in first} == {int(one[-1]) % 2 for one in second} == {0, 1}


def test_thousands_of_sources_travel_in_few_batches(bench: Bench) -> None:
    bench.declare_text(
        """\
        family: xa
        source: "xa-{code}"
        organisations: {kind: commune}
        datasets: {tasks: {transport: folder, path: "{code}"}}
        """
    )
    batches = collecting.plan_batches(bench.sources, AS_OF)
    assert (len(batches), sum(map(len, batches))) == (2, 3_321)


def test_no_source_no_batch(bench: Bench) -> None:
    assert collecting.plan_batches(bench.sources, AS_OF) == []


def test_a_planned_source_that_is_gone_is_said(bench: Bench) -> None:
    with pytest.raises(UsageError, match="xa-9"):
        collecting.collect_batch(bench.home, bench.sources, AS_OF, RECEIVED_AT, ["xa-9"], "b")


def test_the_summary_counts_outcomes(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(), progress=bench.folder("khong-co"))
    bench.drop("a.csv", "a\n")
    said = collecting.collect_batch(bench.home, bench.sources, AS_OF, RECEIVED_AT, ["bo-g06"], "b")
    assert said == {"landed": 1, "missing": 1}
    assert said.sources() == {"1 landed, 1 missing": ["bo-g06"]}


def test_our_own_mistake_is_raised_after_everything_else_is_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.declare(tasks=bench.folder("x"), progress=bench.folder("y"))
    bench.declare("tinh-01", organisation="01", tasks=bench.folder("z"))
    for name in "xyz":
        bench.drop("a.csv", f"{name}\n", name)
    right = drops._take

    def wrong(pull: attempts.Pull, *rest: object) -> bool:
        if pull.dataset.path == "x":
            raise ZeroDivisionError
        return right(pull, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(drops, "_take", wrong)
    with pytest.raises(ZeroDivisionError):
        bench.collect(batch="b")
    said = {(one["source"], one["dataset"]): one for one in bench.receipts()}
    assert said["bo-g06", "tasks"]["reason_code"] == "transport.our_mistake"
    assert said["bo-g06", "progress"]["outcome"] == "landed"
    assert said["tinh-01", "tasks"]["outcome"] == "landed"


def test_a_full_disk_is_raised(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    bench.drop("a.csv", "a\n")
    bench.home.root.mkdir()
    bench.home.landing.write_text("a file where the landing should be")
    with pytest.raises(StorageError):
        bench.collect()
    assert bench.receipts() == []


def test_the_view_of_receipts_works_without_any(bench: Bench) -> None:
    with duckdb.connect() as connection:
        receipts.scan(connection, bench.home)
        described = connection.execute("describe receipts").fetchall()
        empty = {row[0]: row[1] for row in described}
    bench.declare(tasks=bench.folder())
    bench.collect()
    with duckdb.connect() as connection:
        receipts.scan(connection, bench.home)
        full = {row[0]: row[1] for row in connection.execute("describe receipts").fetchall()}
    assert empty == full
    assert list(full) == SCHEMA.names
    assert full["received_at"] == "TIMESTAMP WITH TIME ZONE"


def test_a_half_written_receipt_is_never_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.declare(tasks=bench.folder())
    bench.collect()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(receipts.pq, "write_table", full)
    with pytest.raises(StorageError, match="the disk is full"):
        bench.collect()
    assert len(bench.receipts()) == 1
    assert [path.name for path in bench.home.receipts.rglob("*.*")] == [
        "batch-1.parquet",
    ]


def test_receipts_of_a_batch_lie_in_the_folder_of_their_day(bench: Bench) -> None:
    said = Receipt(
        "b", "bo-g06", "G06", "tasks", "full", AS_OF, RECEIVED_AT, None, True, "missing", "x"
    )
    (path,) = receipts.write_receipts(bench.home, "b", [said])
    assert path == bench.home.receipts / "business_date=2025-07-01" / "b.parquet"


def test_every_kind_of_fault_has_its_texts() -> None:
    from pathlib import Path
    from re import findall

    package = Path(attempts.__file__).parents[1]
    sources = [*package.joinpath("transports").glob("*.py"), package / "collecting.py"]
    used = {
        code
        for path in sources
        for code in findall(r'"(transport\.[a-z0-9_]+)"', path.read_text(encoding="utf-8"))
    }
    texts = {code for code in attempts._kinds() if code.startswith("transport.")}
    assert used == texts
    for code in used:
        vi, en = attempts.explain(code, "1", "2")
        assert vi
        assert en
        assert vi != en
        assert "{" not in vi + en
    with pytest.raises(ContractError):
        attempts.explain("transport.nonsense")


def test_a_source_that_failed_last_time_is_tried_last(bench: Bench, server: Server) -> None:
    order: list[str] = []

    def note(name: str, status: int) -> str:
        def behave(handler: object) -> None:
            order.append(name)
            says([1], status=status)(handler)  # type: ignore[arg-type]

        return server.on(f"/{name}", behave)

    bench.declare("a-hong", tasks=bench.http(note("a-hong", 404), limits={"retries": 0}))
    bench.declare("b-tot", tasks=bench.http(note("b-tot", 200)))
    server.behaviours["/a-hong"] = in_turn(says(b"", status=500), server.behaviours["/a-hong"])
    bench.collect(pulls_at_a_time=1)
    order.clear()
    bench.collect(pulls_at_a_time=1)
    assert order == ["b-tot", "a-hong"]


def test_hundreds_of_small_sources_in_a_few_seconds(bench: Bench, server: Server) -> None:
    for number in range(200):
        url = server.on(f"/{number}", says([{"ma": number}]))
        bench.declare(f"xa-{number:05}", organisation="01", tasks=bench.http(url))
    started = time.monotonic()
    assert set(outcomes(bench.collect())) == {"landed"}
    assert time.monotonic() - started < 60
