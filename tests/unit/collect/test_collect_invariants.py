"""What must hold whatever comes, however often it is collected, and wherever it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from datetime import date, timedelta

import pytest
from collecting_bench import AS_OF, Bench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving_server import Server, says

# A day's folder: contents by name; small on purpose, so that bytes come again and again.
FOLDERS = st.dictionaries(
    st.sampled_from(["a.csv", "b.csv", "c.csv"]), st.sampled_from(["", "1\n", "2\n", "3\n"])
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days=st.lists(st.tuples(FOLDERS, st.integers(0, 2), st.booleans()), max_size=4))
def test_same_bytes_are_landed_once_whatever_comes_again(
    tmp_path_factory: pytest.TempPathFactory, days: list[tuple[dict[str, str], int, bool]]
) -> None:
    """Each step: what lies in the folder, days gone by since, and whether it is run twice."""
    bench = Bench(tmp_path_factory.mktemp("bench"))
    bench.declare(tasks=bench.folder())
    as_of, given_ever = AS_OF, set()
    for contents, gone_by, twice in days:
        as_of += timedelta(days=gone_by)
        drop = bench.sources / "drop"
        drop.mkdir(exist_ok=True)
        for path in drop.iterdir():
            path.unlink()
        for name, text in contents.items():
            bench.drop(name, text)
        given_ever |= set(contents.values())
        for _ in range(1 + twice):
            found = bench.collect(as_of)
            came = [one for one in found if one["sha256"]]
            assert len(came) == len(contents), "one receipt a file"
            assert len({one["receipt_id"] for one in found}) == len(found)
            fresh = [one for one in came if one["outcome"] != "duplicate"]
            assert len(fresh) == len(set(contents.values())), "one sighting for the same bytes"
    everything = bench.receipts("sha256 is not null")
    landed = Counter(one["delivery_id"] for one in everything if one["outcome"] == "landed")
    assert set(landed.values()) <= {1}
    assert len(landed) == len(given_ever) == len(bench.files())
    assert {one["delivery_id"] for one in everything} == set(landed)


def answered(bench: Bench) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (one["source"], one["dataset"]): (one["outcome"], one["sha256"]) for one in bench.receipts()
    }


@pytest.mark.parametrize("after_seconds", [0.05, 0.6, 1.5])
def test_a_run_killed_anywhere_is_repaired_by_the_next(
    bench: Bench, server: Server, after_seconds: float
) -> None:
    def slowly(handler: object) -> None:
        time.sleep(0.05)
        says([handler.path])(handler)  # type: ignore[attr-defined, arg-type]

    for number in range(30):
        url = server.on(f"/{number}", slowly)
        bench.declare(f"xa-{number}", organisation="01", tasks=bench.http(url))
    code = f"""
        from datetime import date, datetime, UTC
        from pathlib import Path
        from task_warehouse import collecting
        from task_warehouse.settings import Home

        print("ready", flush=True)
        collecting.collect_batch(
            Home(Path({str(bench.home.root)!r})), Path({str(bench.sources)!r}),
            date(2025, 7, 1), datetime.now(UTC), [f"xa-{{n}}" for n in range(30)], "killed",
            pulls_at_a_time=2,
        )
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after_seconds)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    whole = [path for path in bench.files() if path.parent.name != ".receiving"]
    for path in whole:
        assert path.stat().st_size > 0, "no half file under a final name"
    assert len(bench.receipts()) in (0, 30), "receipts of a batch come whole or not at all"
    bench.collect(batch="killed")
    assert len(answered(bench)) == 30
    assert {outcome for outcome, _ in answered(bench).values()} == {"landed"}
    assert len({sha256 for _, sha256 in answered(bench).values()}) == 30


def test_day_by_day_and_in_any_order_the_same_deliveries(bench: Bench) -> None:
    """Late deliveries: an older day that arrives today is the delivery it would have been."""
    for number in (28, 29, 30):
        bench.drop(f"tasks_202506{number}.csv", f"{number}\n")
    dated = {"from_name": r"_(?P<date>\d{8})"}
    bench.declare(tasks=bench.folder(business_date=dated))
    in_one_go = bench.collect(date(2025, 6, 30))
    other = Bench(bench.root / "other")
    other.root.mkdir()
    other.declare(tasks=other.folder(business_date=dated))
    for number in (30, 28, 29):
        other.drop(f"tasks_202506{number}.csv", f"{number}\n")
        other.collect(date(2025, 6, 30))
    columns = ("business_date", "delivery_id", "sha256")
    landed = other.receipts("outcome = 'landed'")
    assert [[one[name] for name in columns] for one in landed] == [
        [one[name] for name in columns] for one in in_one_go
    ]
