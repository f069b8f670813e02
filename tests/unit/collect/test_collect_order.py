"""What is pulled first: trouble goes behind what is well."""

from __future__ import annotations

import pytest
from collecting_bench import Bench

from task_warehouse.history import History
from task_warehouse.pull_order import PullOrder
from task_warehouse.sources import Source, load_sources


def _sources(bench: Bench, *names: str) -> list[Source]:
    for name in names:
        bench.declare(
            name, organisation="01", tasks=bench.folder(), progress=bench.folder("tien-do")
        )
    return list(load_sources(bench.sources))


def _taken(order: PullOrder, exports: int) -> list[tuple[str, str]]:
    taken = [order.take() for _ in range(exports)]
    return [(source.source, name) for source, name in taken]


def test_what_failed_the_last_time_is_pulled_last(bench: Bench) -> None:
    one, two = _sources(bench, "xa-1", "xa-2")
    history = History(failing=frozenset({("xa-1", "tasks")}))
    order = PullOrder([(one, "tasks"), (two, "tasks"), (one, "progress")], history)
    assert _taken(order, 3) == [("xa-2", "tasks"), ("xa-1", "progress"), ("xa-1", "tasks")]


def test_a_source_in_trouble_waits_until_the_healthy_are_done(bench: Bench) -> None:
    one, two = _sources(bench, "xa-1", "xa-2")
    exports = [(one, "tasks"), (two, "tasks"), (one, "progress"), (two, "progress")]
    order = PullOrder(exports, History())
    assert _taken(order, 1) == [("xa-1", "tasks")]
    order.put_behind(one)
    assert _taken(order, 3) == [("xa-2", "tasks"), ("xa-2", "progress"), ("xa-1", "progress")]
    with pytest.raises(IndexError):
        order.take()
