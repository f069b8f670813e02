"""Plant the defects: on rows by chance, on deliveries by choice, each noted for the truth."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from task_warehouse.sample.changing import CHANGES, Spot
from task_warehouse.sample.defects import (
    DELIVERY_DEFECTS,
    LATE_BY_DAYS,
    ROW_DEFECTS,
    DeliveryDefect,
    Planted,
    RowDefect,
)
from task_warehouse.sample.deliveries import Delivery, Row, feedback_rows
from task_warehouse.sample.dice import Dice, chance
from task_warehouse.sample.formats import can_be_ragged
from task_warehouse.sample.habits import Habit
from task_warehouse.sample.systems import LAST_DUE_DAY
from task_warehouse.sample.world import World

SILENT_BOOST = 6  # tasks on which a defect may fall are few, so it falls more often on them


def plant(world: World, deliveries: list[Delivery], share: float) -> list[Planted]:
    """Change ``deliveries`` in place; the list of what was done to them."""
    notes = _plant_on_deliveries(world, deliveries)
    hurt = {(d.system.source, d.dataset) for d in deliveries if d.defect}
    for dataset, defects in itertools.groupby(ROW_DEFECTS, lambda defect: defect.dataset):
        sound = [
            d for d in deliveries if d.dataset == dataset and (d.system.source, dataset) not in hurt
        ]
        notes += _plant_on_rows(world.seed, sound, list(defects), share)
    return notes


def _plant_on_rows(
    seed: int, deliveries: list[Delivery], defects: list[RowDefect], share: float
) -> list[Planted]:
    """By chance, and each kind at least once: on the first row in time that can bear it."""
    if share <= 0:
        return []
    chosen: dict[int, RowDefect] = {}
    earliest: dict[str, tuple[tuple[date, str, str], Row]] = {}
    for delivery in deliveries:
        for row in delivery.rows:
            fitting = [defect for defect in defects if _fits(defect, row, delivery.system.habit)]
            place = (delivery.business_date, delivery.system.source, row.key)
            for defect in fitting:
                if defect.kind not in earliest or place < earliest[defect.kind][0]:
                    earliest[defect.kind] = (place, row)
            drawn = _by_chance(seed, delivery, row, defects, share)
            if drawn and drawn in fitting:
                chosen[id(row)] = drawn
    seen = {defect.kind for defect in chosen.values()}
    for defect in defects:
        if defect.kind not in seen and defect.kind in earliest:
            chosen.setdefault(id(earliest[defect.kind][1]), defect)
    return [note for delivery in deliveries for note in _apply(seed, delivery, chosen)]


def _by_chance(
    seed: int, delivery: Delivery, row: Row, defects: list[RowDefect], share: float
) -> RowDefect | None:
    place = (delivery.system.source, delivery.dataset, row.key)
    boost = SILENT_BOOST if delivery.dataset == "tasks" else 1
    if chance(seed, "defect", *place) >= share * boost:
        return None
    roll = chance(seed, "kind", *place) * sum(defect.share for defect in defects)
    for defect in defects:
        roll -= defect.share
        if roll < 0:
            return defect
    return defects[-1]


def _fits(defect: RowDefect, row: Row, habit: Habit) -> bool:
    if defect.kind == "duplicate_row":
        return True
    if defect.kind == "ragged_row":
        return can_be_ragged(row, habit)
    if defect.kind == "answered_before_received":
        return row.cells["answered_on"] is not None
    return row.is_safe


def _apply(seed: int, delivery: Delivery, chosen: dict[int, RowDefect]) -> list[Planted]:
    notes: list[Planted] = []
    rows: list[Row] = []
    for row in delivery.rows:
        rows.append(row)
        defect = chosen.get(id(row))
        if defect is None:
            continue
        key = row.key
        spot = Spot(row, delivery.dataset, delivery.system.habit, Dice(seed, "change", key))
        extra = CHANGES[defect.kind](spot)
        row.defect = row.defect if defect.adds_a_row else defect.kind
        row.is_rejected = defect.consequence == "rejected" and defect.kind != "unknown_task"
        count = 2 if defect.kind == "conflicting_key" else 1
        if extra is not None:
            extra.defect = defect.kind
            extra.is_rejected = defect.consequence == "rejected"
            key = extra.key
            rows.append(extra)
        notes.append(_note(delivery, key, defect, count))
    delivery.rows = rows
    return notes


def _note(delivery: Delivery, key: str, defect: RowDefect | DeliveryDefect, rows: int) -> Planted:
    return Planted(
        delivery.system.source, delivery.dataset, delivery.name,
        delivery.business_date.isoformat(), key, defect.kind, defect.consequence, defect.family,
        rows,
    )  # fmt: skip


def _plant_on_deliveries(world: World, deliveries: list[Delivery]) -> list[Planted]:
    by_place: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_place[delivery.system.source, delivery.dataset].append(delivery)
    notes: list[Planted] = []
    # Others report on the tasks of these systems; their fault would become the others'.
    used: set[str] = {system.refers_to for system in world.systems.values() if system.refers_to}
    for defect in DELIVERY_DEFECTS:
        sources = sorted(
            (s for s in world.systems if s not in used and _can_bear(world, by_place, s, defect)),
            key=lambda source: chance(world.seed, defect.kind, defect.dataset, source),
        )
        for source in sources[: defect.systems]:
            used.add(source)
            notes += _hurt(world, by_place, source, defect)
    return notes


def _can_bear(
    world: World,
    by_place: dict[tuple[str, str], list[Delivery]],
    source: str,
    defect: DeliveryDefect,
) -> bool:
    system = world.systems[source]
    habit = system.habit
    if defect.kind == "secret_rows" or system.secret:
        return system.secret and defect.kind == "secret_rows"
    if defect.kind in ("server_error", "slow"):
        return habit.transport == "http" and system.organisation.kind in ("commune", "province")
    if (source, defect.dataset) not in by_place or habit.transport == "http":
        return False
    if defect.dataset == "progress":
        if not habit.monthly or system.organisation.kind == "commune":
            return False
        if defect.kind in ("late", "missing") and system.due_day != LAST_DUE_DAY:
            return False
    if defect.kind == "late" and defect.dataset == "feedback":
        return habit.dated_names
    if defect.kind == "new_column":
        is_plain = habit.format == "csv" and habit.encoding == "utf-8" and not habit.zipped
        return is_plain and bool(by_place[source, defect.dataset][-1].rows)
    return {
        "truncated": habit.format == "xlsx" or habit.zipped,
        "wrong_encoding": habit.format == "csv" and habit.bom and not habit.zipped,
        "unknown_header": habit.format == "csv" and not habit.zipped,
        "error_page": habit.format in ("csv", "tsv"),
        "empty_file": habit.format == "csv" and not habit.zipped,
        "nothing_arose": habit.format == "csv" and not habit.zipped,
        "delivered_twice": habit.monthly,
    }.get(defect.kind, True)


def _hurt(
    world: World,
    by_place: dict[tuple[str, str], list[Delivery]],
    source: str,
    defect: DeliveryDefect,
) -> list[Planted]:
    """The last delivery of the dataset bears the defect; a faulty server bears it for all."""
    if defect.dataset == "*":
        whole = [d for (s, _), found in by_place.items() if s == source for d in found]
        for delivery in whole:
            delivery.defect = defect.kind
            delivery.is_lost = delivery.is_absent = defect.kind == "server_error"
        return [_note(d, "", defect, 0) for d in whole]
    delivery = by_place[source, defect.dataset][-1]
    if defect.kind == "late" and defect.dataset == "feedback":
        return [_one_day_behind(world, delivery, defect)]
    delivery.defect = defect.kind
    lost = {"missing", "truncated", "wrong_encoding", "unknown_header", "error_page", "empty_file",
            "secret_rows", "new_column"}  # fmt: skip
    delivery.is_lost = defect.kind in lost
    delivery.is_absent = defect.kind == "missing"
    if defect.kind == "late":
        arrives = delivery.business_date + timedelta(days=LATE_BY_DAYS)
        delivery.is_absent = delivery.is_lost = world.as_of < arrives
        if not delivery.is_absent:
            defect = replace(defect, consequence="late", status="late")
    if defect.kind == "delivered_twice":
        stem, _, suffix = delivery.name.rpartition(f"_{delivery.business_date:%Y%m%d}")
        delivery.copies = [f"{stem}_gui_lai_{delivery.business_date:%Y%m%d}{suffix}"]
    if defect.kind == "nothing_arose":
        delivery.rows = []
    return [_note(delivery, "", defect, 0 if delivery.is_absent else len(delivery.rows))]


def _one_day_behind(world: World, delivery: Delivery, defect: DeliveryDefect) -> Planted:
    """The system always sends yesterday's export: today's is missing, tomorrow it is there."""
    note = _note(delivery, "", defect, 0)
    delivery.defect = defect.kind
    delivery.business_date -= timedelta(days=1)
    delivery.rows = feedback_rows(world, delivery.system, delivery.business_date)
    return note
