"""Write a sample: source files, exports, what the simulated server serves, and the truth."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from task_warehouse.errors import UsageError
from task_warehouse.progress import tell
from task_warehouse.sample import deeds, truth
from task_warehouse.sample.defects import DELIVERY_DEFECTS, Planted
from task_warehouse.sample.deliveries import Delivery, Row, prepare
from task_warehouse.sample.formats import export
from task_warehouse.sample.planting import plant
from task_warehouse.sample.reports import LOCAL
from task_warehouse.sample.source_files import PAGING, declare, secret_of
from task_warehouse.sample.spoiling import spoil
from task_warehouse.sample.systems import System
from task_warehouse.sample.world import World, create

FOLDERS = ("sources", "exports", "http", "truth")
MARK = "sample.json"
SLOW_SECONDS = 1.0  # what the slow server takes for each answer


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written where."""

    directory: Path
    as_of: date
    sources: int
    deliveries: int
    documents: int
    tasks: int
    reports: int
    defects: int
    secrets: tuple[str, ...]  # names; the tokens are in the environment of both sides

    @property
    def source_files(self) -> Path:
        return self.directory / "sources"


def write_sample(
    out: Path,
    *,
    seed: int = 57,
    as_of: date,
    tasks: int = 3000,
    direct_communes: int = 60,
    defect_share: float = 0.02,
    base_url: str,
) -> SampleSummary:
    """Write the world of ``seed`` as it stood on ``as_of`` under ``out``.

    ``tasks`` are those of the whole world; the few that are assigned after ``as_of`` are not
    written yet. ``base_url`` is where ``task-warehouse simulate`` will serve ``out``. The same
    arguments give the same bytes of every file. A former sample in ``out`` is replaced; raises
    :class:`UsageError` where ``out`` holds anything else, or a number is out of range.
    """
    _check(tasks, direct_communes, defect_share)
    _clear(out)
    tell("sample", f"imagining {tasks} tasks as of {as_of}")
    world = create(seed, as_of, tasks, direct_communes)
    deliveries = prepare(world)
    notes = plant(world, deliveries, defect_share)
    truths = truth.task_truths(world, deliveries)
    totals = truth.control_totals(world, truths, deliveries)
    deliveries += _total_deliveries(world, totals, deliveries)
    deliveries += _empty_deliveries(world, deliveries)
    tell("sample", f"writing {len(deliveries)} exports of {len(world.systems)} sources")
    _write_exports(out, deliveries, as_of)
    _write_sources(out, world, deliveries, base_url)
    _write_truth(out, world, deliveries, truths, totals, notes)
    summary = SampleSummary(
        directory=out, as_of=as_of, sources=len(world.systems), deliveries=len(deliveries),
        documents=len(world.documents), tasks=len(world.tasks),
        reports=sum(map(len, world.reports.values())), defects=len(notes),
        secrets=tuple(sorted({name for s in world.systems.values() if (name := secret_of(s))})),
    )  # fmt: skip
    _mark(out, seed, summary)
    return summary


def _check(tasks: int, direct_communes: int, defect_share: float) -> None:
    for name, value, low, high in (
        ("tasks", tasks, 100, 10_000_000),
        ("direct_communes", direct_communes, 0, 3321),
        ("defect_share", defect_share, 0, 0.5),
    ):
        if not low <= value <= high:
            raise UsageError(f"{name} is {value}", remedy=f"give a number from {low} to {high}")


def refuse_strangers(out: Path) -> None:
    """Raise :class:`UsageError` where ``out`` holds anything but a former sample."""
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise UsageError(
            "the folder for the sample holds something that is not a sample",
            where=str(out),
            remedy="name an empty or a new folder",
        )


def _clear(out: Path) -> None:
    """Remove a former sample; anything else in ``out`` is not ours to remove."""
    refuse_strangers(out)
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)


def _total_deliveries(
    world: World, totals: truth.Table, deliveries: list[Delivery]
) -> list[Delivery]:
    rows: dict[str, list[Row]] = {}
    for source, dataset, measure, declared, *_ in totals[1:]:
        cells = {"dataset": dataset, "measure": measure, "value": float(declared)}
        rows.setdefault(source, []).append(Row(cells, f"{dataset}|{measure}"))
    found = []
    for source, own in rows.items():
        system = world.systems[source]
        named = system.habit.dated_names and system.habit.transport == "folder"
        found.append(Delivery(system, "control_totals", world.as_of, own, day_in_name=named))
    return _sharing_faults(found, deliveries)


def _sharing_faults(added: list[Delivery], deliveries: list[Delivery]) -> list[Delivery]:
    """``added``, where the fault of a whole system is that of its other deliveries too."""
    faults = {kind.kind for kind in DELIVERY_DEFECTS if kind.dataset == "*"}
    faulty = {d.system.source: d for d in deliveries if d.defect in faults}
    for delivery in added:
        if twin := faulty.get(delivery.system.source):
            delivery.defect, delivery.is_lost = twin.defect, twin.is_lost
            delivery.is_absent = twin.is_absent
    return added


def _empty_deliveries(world: World, deliveries: list[Delivery]) -> list[Delivery]:
    """What one source file declares for a whole family is served by all of it, if only as empty."""
    had: dict[str, set[str]] = {}
    for delivery in deliveries:
        had.setdefault(delivery.system.source, set()).add(delivery.dataset)
    relatives = [system for system in world.systems.values() if system.family]
    declared = {dataset for system in relatives for dataset in had.get(system.source, ())}
    empty = [
        Delivery(system, dataset, world.as_of, [])
        for system in relatives
        for dataset in sorted(declared - had.get(system.source, set()))
    ]
    return _sharing_faults(empty, deliveries)


def _write_exports(out: Path, deliveries: list[Delivery], as_of: date) -> None:
    served: dict[str, dict[str, object]] = {}
    # Exports are ready the evening before, so that nothing looks as if it were still being written.
    ready = datetime.combine(as_of - timedelta(days=1), time(18), LOCAL).timestamp()
    for delivery in deliveries:
        system = delivery.system
        if system.habit.transport == "http":
            target = out / "http" / system.source / f"{delivery.dataset}.json"
            _note_served(served, system, delivery)
        elif delivery.is_absent:
            continue
        else:
            target = out / "exports" / system.source / delivery.name
        content = spoil(delivery, export(delivery))
        target.parent.mkdir(parents=True, exist_ok=True)
        for name in (target.name, *delivery.copies):
            path = target.with_name(name)
            path.write_bytes(content)
            os.utime(path, (ready, ready))
    manifest = json.dumps({"sources": served}, ensure_ascii=False, indent=1)
    (out / "http" / "manifest.json").write_text(manifest + "\n", encoding="utf-8")


def _note_served(served: dict[str, dict[str, object]], system: System, delivery: Delivery) -> None:
    faults = {"server_error": {"kind": "status", "status": 500},
              "slow": {"kind": "slow", "seconds": SLOW_SECONDS}}  # fmt: skip
    entry = served.setdefault(
        system.source,
        {
            "secret": secret_of(system),
            "fault": faults.get(delivery.defect or ""),
            "paging": PAGING[system.habit.paging or "page"],
            "datasets": [],
        },
    )
    datasets = entry["datasets"]
    assert isinstance(datasets, list)
    datasets.append(delivery.dataset)


def _write_sources(out: Path, world: World, deliveries: list[Delivery], base_url: str) -> None:
    by_source: dict[str, dict[str, Delivery]] = {}
    for delivery in deliveries:
        by_source.setdefault(delivery.system.source, {})[delivery.dataset] = delivery
    declared: set[str] = set()
    for source, datasets in by_source.items():
        system = world.systems[source]
        name = system.family or source
        if name not in declared:
            text = declare(system, datasets, base_url)
            (out / "sources" / f"{name}.yml").write_text(text, encoding="utf-8")
            declared.add(name)
        if system.habit.transport == "folder":
            (out / "exports" / source).mkdir(parents=True, exist_ok=True)


def _write_truth(
    out: Path,
    world: World,
    deliveries: list[Delivery],
    truths: list[truth.TaskTruth],
    totals: truth.Table,
    notes: list[Planted],
) -> None:
    tables = {
        "tasks": truth.task_table(truths),
        "task_organisations": truth.bodies(world),
        "scorecard": truth.scorecard(world, truths),
        "reports": truth.reports_table(deliveries),
        "indicator_values": truth.values_table(deliveries),
        "feedback": truth.feedback_table(deliveries),
        "documents": truth.documents_table(world, deliveries),
        "defects": truth.planted_table(notes),
        "deliveries": truth.deliveries_table(deliveries),
        "reporting": truth.reporting(world, deliveries),
        "control_totals": totals,
        "findings": deeds.findings(world, deliveries, truths),
    }
    for name, table in tables.items():
        (out / "truth" / f"{name}.csv").write_bytes(truth.as_csv(table))


def _mark(out: Path, seed: int, summary: SampleSummary) -> None:
    about = {
        "seed": seed,
        "as_of": summary.as_of.isoformat(),
        "sources": summary.sources,
        "tasks": summary.tasks,
        "reports": summary.reports,
        "secrets": list(summary.secrets),
    }
    text = json.dumps(about, ensure_ascii=False, indent=1)
    (out / MARK).write_text(text + "\n", encoding="utf-8")
