"""The check's suite by other means, each a process: ``python -m tests.bench.rivals WHAT IN OUT``.

``duckdb`` is the floor: the same conditions on all rows in one pass of one query, nothing kept but
accepted and refused rows. ``pandas`` is Great Expectations as it is mostly used, ``polars`` is
pandera. The last two look at the first rows only where told so; all find the same defects.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse.checking.conditions import CONTROL, PERSONAL
from task_warehouse.sample.vocabularies import FULL

STATUSES = ("Đang thực hiện", "Đã hoàn thành", "Chưa thực hiện", "Tạm hoãn", "Từ chối", "Đã hủy")
HEADERS = {
    "task_code": "task_code",
    "reported_on": "reported_on",
    "percent": "percent_complete",
    "status": "status_reported",
    "result": "result",
    "difficulty": "difficulty",
    "proposal": "proposal",
    "updated_at": "updated_at",
}
COLUMNS = {name: FULL["progress"][column] for name, column in HEADERS.items()}
DAY = "^[0-9]{2}/[0-9]{2}/[0-9]{4}$"
LIMIT_DAY = "2025-11-14"
TEXTS = ("result", "difficulty", "proposal")


def rows_of(exports: Path, limit: int | None) -> str:
    """SQL of the rows of all files as text, with their source, the days and numbers read."""
    named = ", ".join(f'"{header}" as {name}' for name, header in COLUMNS.items())
    return f"""
        select *, cast(try_strptime(reported_on, '%d/%m/%Y') as date) as day,
            try_cast(percent as double) as share,
            try_strptime(updated_at, '%d/%m/%Y %H:%M:%S') as moment
        from (select {named}, parse_path(filename)[-2] as source
            from read_csv('{exports}/*/tien_do.csv', all_varchar = true, header = true,
                delim = ',', quote = '"', filename = true, union_by_name = false))
        {f"limit {limit}" if limit else ""}
    """


def by_duckdb(exports: Path, out: Path, limit: int | None) -> None:
    """All conditions in one pass, duplicates and conflicts of keys by windows over the key."""
    texts = " or ".join(
        f"regexp_matches({name}, '{CONTROL}') or regexp_matches({name}, '{PERSONAL}')"
        f" or length({name}) > 10000"
        for name in TEXTS
    )
    formulas = " or ".join(f"{name}[1] in ('=', '+', '@')" for name in TEXTS)
    same = ", ".join(COLUMNS)
    with duckdb.connect() as con:
        con.execute(f"set memory_limit = '1500MB'; set temp_directory = '{out}/spill'")
        con.execute(
            f"create table tasks as select distinct parse_path(filename)[-2] as source,"
            f" \"Mã nhiệm vụ\" as task_code from read_csv('{exports}/*/nhiem_vu.csv',"
            f" all_varchar = true, header = true, filename = true)"
        )
        con.execute(f"""
            create table judged as select *, case
                when task_code is null or reported_on is null then 'missing'
                when day is null or (updated_at is not null and moment is null) then 'unreadable'
                when day > date '{LIMIT_DAY}' or day < date '2015-01-01' then 'day'
                when percent is not null and share is null then 'number'
                when share not between 0 and 100 then 'range'
                when status not in {STATUSES!r} then 'code'
                when {texts} then 'text'
                when not exists (from tasks where tasks.source = rows.source
                    and tasks.task_code = rows.task_code) then 'reference'
                end as cause,
                (share < 100 and status = 'Đã hoàn thành') or ({formulas}) as warned,
                row_number() over (partition by source, {same}) as copy
            from ({rows_of(exports, limit)}) as rows
        """)
        con.execute("""
            create table keyed as select *, count(*) over (partition by source, task_code, day)
                as sharing from judged where copy = 1
        """)
        for name, which in (("accepted", "not"), ("rejects", "")):
            con.execute(
                f"copy (from keyed where {which} (cause is not null or"
                f" (sharing > 1 and day is not null and task_code is not null)))"
                f" to '{out}/{name}.parquet' (compression zstd)"
            )


def by_pandas(exports: Path, out: Path, limit: int | None) -> None:
    """Great Expectations on a pandas frame, with the full list of what fails."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    with duckdb.connect() as con:
        frame = con.execute(rows_of(exports, limit)).df()
    context = gx.get_context(mode="ephemeral")
    batch = (
        context.data_sources.add_pandas("bench")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
    )
    suite = context.suites.add(gx.ExpectationSuite("progress", expectations=[
        gxe.ExpectColumnValuesToNotBeNull(column="task_code"),
        gxe.ExpectColumnValuesToNotBeNull(column="reported_on"),
        gxe.ExpectColumnValuesToMatchRegex(column="reported_on", regex=DAY),
        gxe.ExpectColumnValuesToNotBeNull(column="day"),
        gxe.ExpectColumnValuesToBeBetween(
            column="day", min_value="2015-01-01", max_value=LIMIT_DAY),
        gxe.ExpectColumnValuesToBeBetween(column="share", min_value=0, max_value=100),
        gxe.ExpectColumnValuesToBeInSet(column="status", value_set=list(STATUSES)),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["source", "task_code", "reported_on"]),
        *(gxe.ExpectColumnValueLengthsToBeBetween(column=name, max_value=10000) for name in TEXTS),
        *(gxe.ExpectColumnValuesToNotMatchRegex(column=name, regex=pattern)
          for name in TEXTS for pattern in (r"[\x00-\x08\x0b\x0c\x0e-\x1f]", PERSONAL, "^[=+@]")),
    ]))  # fmt: skip
    definition = gx.ValidationDefinition(name="progress", data=batch, suite=suite)
    found = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": frame},
        result_format={"result_format": "COMPLETE", "include_unexpected_rows": False},
    )
    failing: set[int] = set()
    for result in found.results:
        failing.update(result.result.get("unexpected_index_list") or [])
    bad = frame.index.isin(sorted(failing))
    frame[~bad].to_parquet(out / "accepted.parquet")
    frame[bad].to_parquet(out / "rejects.parquet")


def by_polars(exports: Path, out: Path, limit: int | None) -> None:
    """pandera on a polars frame, all failures collected before it says so."""
    import pandera.polars as pa
    import polars as pl

    with duckdb.connect() as con:
        frame = pl.from_arrow(con.execute(rows_of(exports, limit)).arrow())
    assert isinstance(frame, pl.DataFrame)
    checks = [
        pa.Check.str_length(max_value=10000),
        *(pa.Check(_without(pattern), name=pattern[:20]) for pattern in
          (r"[\x00-\x08\x0b\x0c\x0e-\x1f]", PERSONAL, "^[=+@]")),
    ]  # fmt: skip
    schema = pa.DataFrameSchema(
        {
            "task_code": pa.Column(str, nullable=False),
            "reported_on": pa.Column(str, pa.Check.str_matches(DAY), nullable=False),
            "share": pa.Column(float, pa.Check.in_range(0, 100), nullable=True),
            "status": pa.Column(str, pa.Check.isin(list(STATUSES)), nullable=True),
            **{name: pa.Column(str, checks, nullable=True) for name in TEXTS},
        },
        unique=["source", "task_code", "reported_on"],
    )
    try:
        schema.validate(frame, lazy=True)
        failing: list[int] = []
    except pa.errors.SchemaErrors as errors:
        failing = errors.failure_cases["index"].drop_nulls().unique().to_list()
    numbered = frame.with_row_index("at")
    bad = pl.col("at").is_in(failing)
    numbered.filter(~bad).write_parquet(out / "accepted.parquet")
    numbered.filter(bad).write_parquet(out / "rejects.parquet")


def _without(pattern: str) -> Callable[[Any], Any]:
    """A check of pandera: no text of the column matches."""
    import polars as pl

    return lambda data: data.lazyframe.select(~pl.col(data.key).str.contains(pattern))


MEANS: dict[str, Callable[[Path, Path, int | None], None]] = {
    "duckdb": by_duckdb,
    "pandas": by_pandas,
    "polars": by_polars,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("what", choices=MEANS)
    options.add_argument("exports", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--rows", type=int)
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    MEANS[chosen.what](chosen.exports, chosen.out, chosen.rows)


if __name__ == "__main__":
    main()
