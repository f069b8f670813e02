"""Many progress rows for measuring: generated set-wise, in the time it takes to write them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from task_warehouse.errors import UsageError
from task_warehouse.sample import texts
from task_warehouse.sample.generating import refuse_strangers
from task_warehouse.sample.organisations import Organisation, load_registry
from task_warehouse.sample.systems import source_id
from task_warehouse.sample.vocabularies import FULL

REPORTS_A_TASK = 8  # from March to October 2025; the load can be read from November 2025 on
MARK = "sample.json"
FOLDERS = ("sources", "exports", "truth")
KINDS = (
    ("percent_over_100", "rejected"),
    ("percent_not_a_number", "rejected"),
    ("impossible_date", "rejected"),
    ("missing_required", "rejected"),
    ("unknown_task", "rejected"),
    ("duplicate_row", "duplicate"),
    ("conflicting_key", "rejected"),
)
"""Defects of the load in equal shares; a conflicting key costs its twin as well."""

MANY_KINDS = (
    *KINDS,
    ("missing_date", "rejected"),
    ("future_date", "rejected"),
    ("date_too_old", "rejected"),
    ("month_first_date", "rejected"),
    ("percent_negative", "rejected"),
    ("unknown_status", "rejected"),
    ("unreadable_moment", "rejected"),
    ("control_character", "rejected"),
    ("text_too_long", "rejected"),
    ("telephone", "rejected"),
    ("e_mail", "rejected"),
    ("identity_number", "rejected"),
    ("completed_at_part", "warned"),
    ("formula_text", "warned"),
)
"""More than twenty kinds, for measuring the check with its whole suite."""


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """What was written, and what must become of it."""

    directory: Path
    files: int
    rows: int
    tasks: int
    size_bytes: int
    rejected: int
    duplicate: int


def write_progress_load(
    out: Path,
    *,
    rows: int = 1_000_000,
    files: int = 56,
    defect_share: float = 0.02,
    seed: int = 57,
    kinds: Sequence[tuple[str, str]] = KINDS,
) -> LoadSummary:
    """Write ``rows`` progress rows in ``files`` CSV files, one a source, with matching tasks.

    ``kinds`` are the defects, in equal shares: :data:`KINDS` or :data:`MANY_KINDS`. Written are
    ``out/sources``, ``out/exports`` and ``out/truth/load.csv`` (by source: rows, rejected,
    duplicate). The same arguments give the same bytes. Raises :class:`UsageError` where a number is
    out of range or ``out`` holds something else.
    """
    registry = load_registry()
    bodies = [
        *registry.of_kind("ministry", "agency", "province"),
        *registry.of_kind("commune"),
    ]
    if not 1 <= files <= len(bodies) or rows < files * REPORTS_A_TASK:
        raise UsageError(
            f"cannot write {rows} rows in {files} files",
            remedy=f"ask for 1 to {len(bodies)} files, of at least {REPORTS_A_TASK} rows each",
        )
    refuse_strangers(out)
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    (out / MARK).write_text(f'{{"load": {rows}, "files": {files}, "seed": {seed}}}\n')
    with duckdb.connect() as con:
        _prepare(con, seed, defect_share, [kind for kind, _ in kinds])
        counts = [
            _write_source(con, out, org, rows // files + (number < rows % files), number)
            for number, org in enumerate(bodies[:files])
        ]
    lines = [f"{source},{total},{bad},{twin}" for source, total, _, bad, twin in counts]
    header = "source,rows,rejected,duplicate"
    (out / "truth" / "load.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return LoadSummary(
        out,
        files,
        sum(row[1] for row in counts),
        sum(row[2] for row in counts),
        sum(path.stat().st_size for path in (out / "exports").glob("*/tien_do.csv")),
        sum(row[3] for row in counts),
        sum(row[4] for row in counts),
    )


def _prepare(con: duckdb.DuckDBPyConnection, seed: int, share: float, kinds: Sequence[str]) -> None:
    """Macros: a number in [0, 1) for anything, and the defect of a row of a file."""
    # One text is hashed: hashes of several arguments are combined, and the combinations correlate.
    con.execute(
        f"create macro chance(what, file, number) as "
        f"hash(concat_ws('|', {seed}, what, file, number)) / 18446744073709551616.0"
    )
    con.execute("create macro pick(words, what, file, number) as words["
                "1 + cast(floor(chance(what, file, number) * len(words)) as integer)]")  # fmt: skip
    con.execute(f"create macro drawn(file, number) as case when chance('defect', file, number) < "
                f"{share} then pick({list(kinds)!r}, 'kind', file, number) end")  # fmt: skip
    # A row may repeat the row before only where that one is sound.
    con.execute("create macro defect(file, number) as case "
                "when drawn(file, number) in ('duplicate_row', 'conflicting_key') "
                "and (number = 0 or drawn(file, number - 1) is not null) then null "
                "else drawn(file, number) end")  # fmt: skip


def _write_source(
    con: duckdb.DuckDBPyConnection, out: Path, org: Organisation, rows: int, file: int
) -> tuple[str, int, int, int, int]:
    source = source_id(org)
    folder = out / "exports" / source
    folder.mkdir()
    tasks = -(-rows // REPORTS_A_TASK)
    con.execute(_rows_sql(file, rows))
    con.execute(f"copy ({_progress_sql(org.code)}) to '{folder / 'tien_do.csv'}' "
                "(format csv, header true)")  # fmt: skip
    con.execute(f"copy ({_tasks_sql(org, tasks, file)}) to '{folder / 'nhiem_vu.csv'}' "
                "(format csv, header true)")  # fmt: skip
    (out / "sources" / f"{source}.yml").write_text(_source_file(org, source), encoding="utf-8")
    refused = [kind for kind, consequence in MANY_KINDS if consequence == "rejected"]
    found = con.execute(
        "select coalesce(sum(case when defect = 'conflicting_key' then 2 else 1 end)"
        f" filter (list_contains({refused!r}, defect)), 0),"
        " count(*) filter (defect = 'duplicate_row') from load_rows"
    ).fetchone()
    assert found is not None
    return source, rows, tasks, int(found[0]), int(found[1])


def _rows_sql(file: int, rows: int) -> str:
    """Numbered rows with their defect and the report they tell of."""
    return f"""
        create or replace temp table load_rows as
        with numbered as (
            select range as number, defect({file}, range) as defect from range({rows})
        )
        select
            number,
            defect,
            case when defect in ('duplicate_row', 'conflicting_key') then number - 1
                else number end as told,
            {file} as file
        from numbered
        order by number
    """


def _progress_sql(org: str) -> str:
    h = FULL["progress"]
    results = [text.replace("{n}", "3").replace("{m}", "120") for text in texts.RESULTS_OPEN]
    code = f"'{org}-' || lpad(cast(told // {REPORTS_A_TASK} + 1 as varchar), 6, '0')"
    day = (f"make_date(2025, 3 + cast(told % {REPORTS_A_TASK} as integer), "
           "1 + cast(floor(chance('day', file, told) * 28) as integer))")  # fmt: skip
    percent = f"round(10.0 * (told % {REPORTS_A_TASK}) + chance('percent', file, told) * 10, 1)"
    return f"""
        select
            case defect when 'missing_required' then null
                when 'unknown_task' then {code} || 'X' else {code} end as "{h["task_code"]}",
            case defect when 'impossible_date' then '31/02/2025'
                when 'missing_date' then null when 'future_date' then '01/02/2026'
                when 'date_too_old' then '01/02/1999' when 'month_first_date' then '06/30/2025'
                else strftime({day}, '%d/%m/%Y') end as "{h["reported_on"]}",
            case defect when 'percent_over_100' then '130'
                when 'percent_not_a_number' then 'khoảng 60'
                when 'percent_negative' then '-5'
                else cast({percent} as varchar) end as "{h["percent_complete"]}",
            case defect when 'unknown_status' then 'chưa từng nghe'
                when 'completed_at_part' then 'Đã hoàn thành'
                else 'Đang thực hiện' end as "{h["status_reported"]}",
            case defect when 'formula_text' then '=1+1'
                when 'text_too_long' then repeat('Đã trình dự thảo. ', 600)
                else pick({results!r}, 'result', file, told) end
                || case defect when 'conflicting_key' then ' (bản khác)'
                when 'control_character' then chr(7)
                when 'telephone' then ' (gọi 0912 345 678)'
                when 'e_mail' then ' (ai.do@example.gov.vn)'
                when 'identity_number' then ' (số 001085012345)' else '' end
                as "{h["result"]}",
            case when chance('stuck', file, told) < 0.4
                then pick({list(texts.DIFFICULTIES)!r}, 'difficulty', file, told) end
                as "{h["difficulty"]}",
            case when chance('stuck', file, told) < 0.2
                then pick({list(texts.PROPOSALS)!r}, 'proposal', file, told) end
                as "{h["proposal"]}",
            case when defect = 'unreadable_moment' then 'hôm qua'
                else strftime({day}, '%d/%m/%Y') || ' 08:00:00' end as "{h["updated_at"]}"
        from load_rows
        order by number
    """


def _tasks_sql(org: Organisation, tasks: int, file: int) -> str:
    h = FULL["tasks"]
    name = org.name.replace("'", "''")
    verbs, fields = list(texts.DATA_VERBS), list(texts.FIELDS)
    return f"""
        select
            '{org.code}-' || lpad(cast(range + 1 as varchar), 6, '0') as "{h["task_code"]}",
            pick({verbs!r}, 'verb', {file}, range) || ' dữ liệu lĩnh vực '
                || pick({fields!r}, 'field', {file}, range) as "{h["title"]}",
            '{name if org.kind != "commune" else org.code}' as "{h["lead"]}",
            '15/01/2025' as "{h["assigned_on"]}",
            pick(['2025', '12/2025', '6/2025', 'Thường xuyên'], 'deadline', {file}, range)
                as "{h["deadline"]}"
        from range({tasks})
        order by range
    """


def _source_file(org: Organisation, source: str) -> str:
    return f"""source: {source}
organisation: "{org.code}"
name: "{org.name}"
defaults:
  transport: folder
  path: "../exports/{source}"
  format: csv
  encoding: utf-8
  delimiter: ","
  date_format: dd/mm/yyyy
  decimal: "."
datasets:
  tasks:
    pattern: nhiem_vu.csv
  progress:
    pattern: tien_do.csv
    mode: delta
"""
