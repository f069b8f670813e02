"""The verdict on each delivery of a batch, besides its rows: accept, warn, hold or refuse.

Judged from what is counted already: a look at the rows costs nothing here. A held delivery keeps
what was found of its rows; they wait for a person's decision (see :mod:`task_warehouse.holding`).
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import duckdb

from task_warehouse import holding
from task_warehouse.checking import outcome
from task_warehouse.checking.past import Judged, Pasts
from task_warehouse.checking.refusals import Finding, Refusal, Refusals
from task_warehouse.contracts import Contracts
from task_warehouse.mapping import Delivery, table_of
from task_warehouse.settings import TIMEZONE, Home
from task_warehouse.verdict_limits import Level, VerdictLimits, limits_with
from task_warehouse.vocabulary import UNKNOWN_HEADER, fold_header

ROW_COUNT = "delivery.row_count"
REFUSED_SHARE = "delivery.refused_share"
TOTALS_DISAGREE = "delivery.totals_disagree"
FUTURE_DATE = "delivery.future_date"
UNKNOWN_COLUMN = "delivery.unknown_column"
COLUMN_GONE = "delivery.column_gone"
SCHEMA_CHANGED = "delivery.schema_changed"

# A deviation of the median, as a standard deviation of a normal distribution.
SCALE = 1.4826
LISTED = 20
# A record of these names its own fields, and leaves out what is empty.
SELF_NAMING = ("json", "ndjson", "json-seq", "xml")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one delivery when it is judged."""

    delivery: Delivery
    counted: outcome.Counted
    received: int
    format: str | None
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    declared: float | None = None
    limits: VerdictLimits = field(default_factory=lambda: limits_with(None))

    @property
    def sent(self) -> int:
        """Rows as the source counts them: one sent twice is one of its rows."""
        return self.received - self.counted.duplicate


def judge(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    refusals: Refusals,
    notes: Mapping[str, Sequence[str]],
) -> None:
    """Note what is found of each delivery in ``refusals``; take out the rows of those refused.

    Reads the canonical tables after their rows were split, the past of each source and dataset,
    and the decisions of persons. Rows of a delivery that is held stay in the tables.
    """
    pasts = Pasts.load(home, refusals.deliveries.values())
    released = holding.moments_of_release(home)
    declared = _declared(con)
    for facts in _facts(con, contracts, refusals, notes, declared):
        delivery = facts.delivery
        past = pasts.before(delivery, released)
        found = [] if delivery.delivery_id in refusals.by_delivery else list(_find(facts, past))
        refusals.findings[delivery.delivery_id] = found
        refusals.headers[delivery.delivery_id] = facts.headers
        refusals.columns[delivery.delivery_id] = facts.columns
        refused = next((item for item in found if item.level == "refuse"), None)
        if refused:
            refusals.refuse(delivery.delivery_id, refused.refusal)
            con.execute(
                f"delete from {table_of(delivery.dataset)} where delivery_id = ?",
                [delivery.delivery_id],
            )
        if facts.received and not refusals.is_refused(delivery.delivery_id, facts.counted.accepted):
            is_held = refusals.is_held(delivery.delivery_id)
            order = holding.order_of(delivery)
            judged = Judged(order, facts.received, is_held, facts.headers, facts.columns)
            pasts.add(delivery, judged)
    refusals.pasts = pasts


def _facts(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    refusals: Refusals,
    notes: Mapping[str, Sequence[str]],
    declared: Mapping[tuple[object, ...], float],
) -> Iterator[Facts]:
    """The facts of every delivery, in the order in which they were received."""
    columns = _columns_found(con, contracts)
    counted = {item.delivery_id: item for item in outcome.count(con)}
    for delivery in sorted(refusals.deliveries.values(), key=holding.order_of):
        name = delivery.delivery_id
        layouts = refusals.layouts[name]
        headers = {header for layout in layouts for header in layout.headers if header}
        said = notes.get(name, ())
        unknown = {note.removeprefix(UNKNOWN_HEADER) for note in said if UNKNOWN_HEADER in note}
        place = (delivery.source, delivery.dataset, delivery.business_date, delivery.received_at)
        yield Facts(
            delivery,
            counted[name],
            refusals.received(name),
            next((layout.format for layout in layouts if layout.format), None),
            tuple(sorted(headers)),
            columns.get(name, ()),
            tuple(sorted(unknown)),
            declared.get(place),
            limits_with(delivery.options.get("verdict")),
        )


def _columns_found(
    con: duckdb.DuckDBPyConnection, contracts: Contracts
) -> dict[str, tuple[str, ...]]:
    """The canonical columns that the headers of each delivery feed."""
    found: dict[str, set[str]] = {}
    for name, dataset, positions in con.execute(
        "select delivery_id, dataset, positions from layout_positions join deliveries"
        " using (delivery_id)"
    ).fetchall():
        pairs = zip(contracts.by_dataset[dataset].names, positions, strict=True)
        found.setdefault(name, set()).update(column for column, at in pairs if at is not None)
    return {name: tuple(sorted(columns)) for name, columns in found.items()}


def _declared(con: duckdb.DuckDBPyConnection) -> dict[tuple[object, ...], float]:
    """Totals of rows that sources declare, by source, dataset, business date and collection."""
    table = table_of("control_totals")
    there = con.execute(
        "select 1 from information_schema.tables where table_name = ?", [table]
    ).fetchone()
    if there is None:
        return {}
    found = con.execute(
        "select delivery.source, declared.dataset, delivery.business_date, delivery.received_at,"
        f" max(try_cast(declared.value as double)) from {table} as declared"
        " join deliveries as delivery using (delivery_id)"
        " where declared.measure = 'rows' group by all having count(distinct declared.value) = 1"
    ).fetchall()
    return {tuple(row[:4]): row[4] for row in found if row[4] is not None}


def _find(facts: Facts, past: Sequence[Judged]) -> Iterable[Finding]:
    for finding in (
        _future(facts),
        _disagreeing_totals(facts),
        _row_count(facts, past),
        _refused_share(facts),
        *_schema(facts, past),
        _unknown(facts),
    ):
        if finding is not None and finding.level != "none":
            yield finding


def _finding(level: Level, kind: str, value: object, expected: object = "") -> Finding:
    return Finding(level, Refusal(kind, value=str(value), expected=str(expected)))


def _future(facts: Facts) -> Finding | None:
    delivery = facts.delivery
    came_on = delivery.received_at.astimezone(ZoneInfo(TIMEZONE)).date()
    if not delivery.options.get("tells_its_day") or delivery.business_date <= came_on:
        return None
    level = facts.limits.future_date.verdict
    return _finding(level, FUTURE_DATE, f"{delivery.business_date:%d/%m/%Y}", f"{came_on:%d/%m/%Y}")


def _disagreeing_totals(facts: Facts) -> Finding | None:
    declared, limits = facts.declared, facts.limits.control_totals
    if declared is None or declared == facts.sent:
        return None
    difference = abs(declared - facts.sent)
    far = difference > limits.above * declared and difference >= limits.rows
    level: Level = limits.verdict if far else "warn"
    return _finding(level, TOTALS_DISAGREE, facts.sent, f"{declared:g}")


def _row_count(facts: Facts, past: Sequence[Judged]) -> Finding | None:
    """Far from the median of the past, and from what came last: a change of level is told once."""
    limits = facts.limits.row_count
    if not facts.received:  # nothing arose, which closes nothing
        return None
    counts = [item.rows for item in past][-limits.window :]
    if len(counts) < limits.minimum_history:
        return None
    middle = statistics.median(counts)
    spread = SCALE * statistics.median([abs(count - middle) for count in counts])

    def is_far(usual: float) -> bool:
        distance = abs(facts.received - usual)
        return (
            distance > limits.deviations * spread
            and distance >= limits.rows
            and distance >= limits.share * usual
        )

    if not (is_far(middle) and is_far(counts[-1])):
        return None
    level = limits.full if facts.delivery.mode == "full" else limits.delta
    return _finding(level, ROW_COUNT, facts.received, f"{middle:g}")


def _refused_share(facts: Facts) -> Finding | None:
    limits = facts.limits.refused_share
    rejected = facts.received - facts.counted.duplicate - facts.counted.accepted
    # Every row refused is a refusal of its own kind.
    if facts.received < limits.rows or not facts.counted.accepted:
        return None
    share = rejected / facts.received
    if share <= limits.above:
        return None
    return _finding(
        limits.verdict, REFUSED_SHARE, f"{rejected}/{facts.received}", f"{limits.above:.0%}"
    )


def _schema(facts: Facts, past: Sequence[Judged]) -> Iterator[Finding]:
    if not past or not facts.received or not past[-1].headers:
        return
    before, limits = past[-1], facts.limits.schema_changed
    gone = sorted(set(before.columns) - set(facts.columns))
    if gone:
        level = "warn" if facts.format in SELF_NAMING and limits.gone != "none" else limits.gone
        yield _finding(level, COLUMN_GONE, ", ".join(gone))
    elif facts.format not in SELF_NAMING and set(before.headers) != set(facts.headers):
        lost, came = (
            set(before.headers) - set(facts.headers),
            set(facts.headers) - set(before.headers),
        )
        yield _finding(limits.other, SCHEMA_CHANGED, _listed(came), _listed(lost))


def _unknown(facts: Facts) -> Finding | None:
    limits = facts.limits.unknown_column
    harmless = {fold_header(header) for header in limits.harmless}
    unknown = [header for header in facts.unknown if fold_header(header) not in harmless]
    return _finding(limits.verdict, UNKNOWN_COLUMN, _listed(unknown)) if unknown else None


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" (+{len(ordered) - LISTED})" if len(ordered) > LISTED else ""
    return (", ".join(ordered[:LISTED]) or "–") + more
