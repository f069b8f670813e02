"""The rooms of a check as decisions leave them: what every reader of them should read.

The check commits a held delivery with its good rows in ``accepted/``, counted as ``rows_held``.
Until a person releases it these rows are nobody's; when one refuses it they are rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from task_warehouse import ledger
from task_warehouse.defect_kinds import load_defect_kinds
from task_warehouse.holding.decisions import decisions
from task_warehouse.settings import Home

REFUSED_BY_PERSON = "delivery.refused_by_person"


def create_decisions(
    connection: duckdb.DuckDBPyConnection, home: Home, table: str, *, temporary: bool = False
) -> None:
    """Create ``table``: all decisions there are."""
    kind = "temp table" if temporary else "table"
    connection.execute(
        f"create or replace {kind} {table} (delivery_id varchar, decision varchar,"
        " decided_at timestamptz, decided_by varchar, note varchar)"
    )
    for name, said in sorted(decisions(home).items()):
        connection.execute(
            f"insert into {table} values (?, ?, ?, ?, ?)",
            [name, said.decision, said.decided_at, said.decided_by, said.note],
        )


def checked_ledger(files: Iterable[Path]) -> str:
    """The query of the ledger in ``files``, as checks wrote it; a column they lack is null."""
    columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in ledger.LEDGER.items())
    nothing = f"select {columns} where false"
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    return (
        f"{nothing} union all by name from read_parquet([{names}], union_by_name = true)"
        if names
        else nothing
    )


def decided(checked: str, table: str) -> str:
    """The query of the ledger rows of ``checked`` with the decisions of ``table`` laid over them.

    A held delivery that was released is accepted with warnings, one that was refused is refused;
    each row's sum stays: received = accepted + rejected + duplicate, and held while it waits.
    """
    held = "l.verdict = 'hold'"
    said_vi, said_en = (f"{text} ' || l.reason_{lang}" for lang, text in _refused_texts())
    return f"""
        select l.* replace (
            case when {held} and d.decision = 'release' then 'accept_with_warnings'
                when {held} and d.decision = 'refuse' then 'refuse' else l.verdict end as verdict,
            case when {held} and d.decision = 'release'
                then l.rows_accepted + coalesce(l.rows_held, 0) else l.rows_accepted
                end as rows_accepted,
            case when {held} and d.decision = 'refuse'
                then l.rows_rejected + coalesce(l.rows_held, 0) else l.rows_rejected
                end as rows_rejected,
            case when {held} and d.decision is not null then 0
                else coalesce(l.rows_held, 0) end as rows_held,
            case when {held} and d.decision = 'refuse' then '{REFUSED_BY_PERSON}'
                else l.reason_code end as reason_code,
            case when {held} and d.decision = 'refuse' then {said_vi}
                else l.reason_vi end as reason_vi,
            case when {held} and d.decision = 'refuse' then {said_en}
                else l.reason_en end as reason_en
        ),
            {held} as was_held,
            case when {held} then l.reason_code end as held_for,
            case when {held} then d.decision end as decision,
            case when {held} then d.decided_at end as decided_at
        from {checked} as l left join {table} as d on l.delivery_id = d.delivery_id
    """


def withheld(checked: str, table: str) -> str:
    """The query of the deliveries whose rows are not to be used though they lie in a room."""
    return f"""
        select l.delivery_id from {checked} as l
        left join {table} as d on l.delivery_id = d.delivery_id
        where l.verdict = 'hold' and d.decision is distinct from 'release'
    """


def refused_by_person(decided_ledger: str) -> str:
    """The query of a reject, without a record, for each delivery that a person refused."""
    return f"""
        select left(sha256(delivery_id || '||{REFUSED_BY_PERSON}'), 20) as reject_id, business_date,
            source, organisation_code, dataset, delivery_id, reason_code as check_id,
            'error' as severity, reason_vi as message_vi, reason_en as message_en,
            'source' as responsibility
        from {decided_ledger} where was_held and decision = 'refuse'
    """


def _refused_texts() -> Iterable[tuple[str, str]]:
    """Language and text, as the start of an SQL literal."""
    kind = load_defect_kinds()[REFUSED_BY_PERSON]
    for language in ("vi", "en"):
        yield language, "'" + kind[f"message_{language}"].replace("'", "''")
