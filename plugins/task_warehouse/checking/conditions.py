"""Rules as SQL: for each rule that is ours, the query that selects the rows which break it.

Every query reads ``{batch}`` and gives ``row_id``, ``column_name`` (the column to look at) and
``expected`` (what the row was measured against, null where the rule's own text says it). Great
Expectations counts the rows of this query; DuckDB writes rejects from the same query.
"""

from __future__ import annotations

from collections.abc import Callable

from task_warehouse.checking import series
from task_warehouse.checking.quoting import in_list, literal, quote
from task_warehouse.contracts import Column, Contract, Rule
from task_warehouse.contracts.soundness import BUSINESS_DATE

# Rules that Great Expectations brings along; the rest are queries of ours.
NATIVE = {"required", "present", "code"}

CONTROL = r"[\x{0}-\x{8}\x{B}\x{C}\x{E}-\x{1F}\x{7F}-\x{9F}\x{202A}-\x{202E}\x{2066}-\x{2069}]"
# Citizen identity numbers begin with 0; a sum of money or a code of twelve digits does not.
PERSONAL = (
    r"(^|[^0-9])(0[0-9]{11}|(\+84|84[ .-]|0)[ .-]?[35789]([ .-]?[0-9]){8})([^0-9]|$)"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
)
FORMULA_STARTS = ("=", "+", "@")
COMPLETED = ("completed", "completed_on_time", "completed_late", "completed_undated")
OPEN = (
    "not_started",
    "open",
    "open_in_term",
    "open_due_soon",
    "open_overdue",
    "open_undated",
)
NUMBER = r"-?[0-9]+(\.[0-9]+)?"
LONGEST_NUMBER = 30


def failing_rows(contract: Contract, rule: Rule) -> str:
    """The query of ``rule``; raises :class:`KeyError` for a native one."""
    return QUERIES[rule.kind](contract, rule)


def is_readable(form: str, name: str) -> str:
    """SQL that is true where the text ``name`` reads as ``form``, never null for a text."""
    column = quote(name)
    if form in ("date", "period_end"):
        return f"(length({column}) = 10 and try_cast({column} as date) is not null)"
    if form == "timestamp":
        return f"(length({column}) >= 25 and try_cast({column} as timestamptz) is not null)"
    if form == "number":
        return f"(length({column}) <= {LONGEST_NUMBER} and regexp_full_match({column}, '{NUMBER}'))"
    if form == "period":
        return (
            f"(try_cast(left({column}, 4) as integer) between 1990 and 2100"
            f" and case length({column})"
            f" when 4 then regexp_full_match({column}, '[0-9]+')"
            f" when 5 then regexp_full_match({column}, '[0-9]+[1-4]')"
            f" when 6 then regexp_full_match({column}, '[0-9]+(0[1-9]|1[0-2])')"
            f" when 8 then regexp_full_match({column}, '[0-9]+')"
            f" and try_strptime({column}, '%Y%m%d') is not null else false end)"
        )
    raise ValueError(f"no reading of '{form}'")


def period_start(name: str) -> str:
    """SQL of the first day (ISO text) of a readable period."""
    column = quote(name)
    year = f"left({column}, 4)"
    return (
        f"case length({column}) when 4 then {year} || '-01-01'"
        f" when 5 then {year} || '-' || lpad(cast("
        f"try_cast(right({column}, 1) as integer) * 3 - 2 as varchar), 2, '0') || '-01'"
        f" when 6 then {year} || '-' || right({column}, 2) || '-01'"
        f" else {year} || '-' || {column}[5:6] || '-' || {column}[7:8] end"
    )


def _select(condition: str, column: str | None, expected: str = "null") -> str:
    name = literal(column) if column else "null"
    return (
        f"select row_id, {name} as column_name, cast({expected} as varchar) as expected"
        f" from {{batch}} where {condition}"
    )


def _readable(contract: Contract, rule: Rule) -> str:
    column = contract.column(rule.arguments["column"])
    readable = is_readable(column.form, column.name)
    return _select(f"{quote(column.name)} is not null and not {readable}", column.name)


def _range(contract: Contract, rule: Rule) -> str:
    column = contract.column(rule.arguments["column"])
    return _select(
        f"{is_readable(column.form, column.name)} and ({_is_outside(column)})", column.name
    )


def _is_outside(column: Column) -> str:
    """SQL that is true where a readable value lies outside the limits of its column."""
    name = quote(column.name)
    limits: list[str] = []
    for limit, sign in ((column.minimum, "<"), (column.maximum, ">")):
        if limit is None:
            continue
        if column.form == "number":
            limits.append(f"try_cast({name} as double) {sign} {limit}")
        else:
            limits.append(f"{name} {sign} {literal(str(limit))}")
    return " or ".join(limits) or "false"


def _is_plausible(column: Column) -> str:
    """Readable and within the limits: of a value that is neither, another rule speaks already."""
    return f"({is_readable(column.form, column.name)} and not ({_is_outside(column)}))"


def _texts(contract: Contract) -> list[Column]:
    return [column for column in contract.columns if column.is_text]


def _first_of(tests: list[tuple[str, str, str]]) -> str:
    """Rows where any test holds, with the first such column: (column, condition, expected)."""
    names = " ".join(f"when {condition} then {literal(name)}" for name, condition, _ in tests)
    wanted = " ".join(f"when {condition} then {literal(text)}" for _, condition, text in tests)
    anywhere = " or ".join(condition for _, condition, _ in tests)
    return (
        f"select row_id, case {names} end as column_name, case {wanted} end as expected"
        f" from {{batch}} where {anywhere}"
    )


def _length(contract: Contract, _rule: Rule) -> str:
    return _first_of(
        [
            (
                column.name,
                f"length({quote(column.name)}) > {column.max_length}",
                str(column.max_length),
            )
            for column in _texts(contract)
            if column.max_length
        ]
    )


def _control_characters(contract: Contract, _rule: Rule) -> str:
    return _first_of(
        [
            (column.name, f"regexp_matches({quote(column.name)}, '{CONTROL}')", "")
            for column in _texts(contract)
        ]
    )


def _formula(contract: Contract, _rule: Rule) -> str:
    return _first_of(
        [
            (column.name, _starts_like_a_formula(quote(column.name)), ", ".join(FORMULA_STARTS))
            for column in _texts(contract)
        ]
    )


def _starts_like_a_formula(text: str) -> str:
    return "(" + " or ".join(f"starts_with({text}, '{sign}')" for sign in FORMULA_STARTS) + ")"


def _key(contract: Contract, _rule: Rule) -> str:
    present = [quote(name) for name in contract.key if contract.column(name).required]
    same = ", ".join(["delivery_id", *(quote(name) for name in contract.key)])
    return (
        f"select row_id, {literal(contract.key[0])} as column_name,"
        f" cast(null as varchar) as expected"
        f" from (select row_id, count(*) over (partition by {same}) as rows_of_key from {{batch}}"
        f" where key_hash in (select key_hash from {{batch}} group by key_hash having count(*) > 1)"
        f" and {' and '.join(f'{name} is not null' for name in present)}) where rows_of_key > 1"
    )


def _key_across(contract: Contract, _rule: Rule) -> str:
    """Rows of two deliveries of one pull that share the key, differ, and do not say which is newer.

    Deliveries of several pulls or days may well differ: then the later one corrects the earlier.
    """
    names = [quote(name) for name in contract.names]
    apart = ["updated_at"] if "updated_at" in contract.names else []
    same = ", ".join([*(quote(name) for name in contract.key), *apart])
    pull = "source, dataset, business_date, received_at"
    return (
        f"select row_id, {literal(contract.key[0])} as column_name,"
        f" cast(null as varchar) as expected from (select here.row_id, here.number,"
        f" hash({', '.join(f'here.{name}' for name in names)}) as content,"
        f" pulled.pull, {', '.join(f'here.{quote(name)}' for name in (*contract.key, *apart))}"
        f" from {{batch}} as here join (select number, hash({pull}) as pull from deliveries"
        f" qualify count(*) over (partition by {pull}) > 1) as pulled"
        f" on pulled.number = here.number) as here"
        f" qualify min(number) over (partition by pull, {same})"
        f" < max(number) over (partition by pull, {same})"
        f" and min(content) over (partition by pull, {same})"
        f" < max(content) over (partition by pull, {same})"
    )


def _matches(_contract: Contract, rule: Rule) -> str:
    name, pattern = quote(rule.arguments["column"]), literal(rule.arguments["pattern"])
    return _select(f"not regexp_matches({name}, {pattern})", rule.arguments["column"])


def _not_after(contract: Contract, rule: Rule) -> str:
    column = contract.column(rule.arguments["column"])
    limit = rule.arguments["limit"]
    name, other = quote(column.name), quote(limit)
    if limit == BUSINESS_DATE:
        other, is_limit = f"cast({other} as varchar)", "true"
    else:
        is_limit = _is_plausible(contract.column(limit))
    if column.form == "number":
        later = f"try_cast({name} as double) > try_cast({other} as double)"
    else:
        later = f"{name} > {other}"
    return _select(f"{_is_plausible(column)} and {is_limit} and {later}", column.name, other)


def _period_not_after(_contract: Contract, rule: Rule) -> str:
    name, limit = rule.arguments["column"], f"cast({quote(rule.arguments['limit'])} as varchar)"
    later = f"{is_readable('period', name)} and {period_start(name)} > {limit}"
    return _select(later, name, limit)


def _columns_differ(_contract: Contract, rule: Rule) -> str:
    name, other = rule.arguments["column"], rule.arguments["other"]
    return _select(f"{quote(name)} = {quote(other)}", name)


def _known_reference(_contract: Contract, rule: Rule) -> str:
    name, reference = rule.arguments["column"], rule.arguments["reference"]
    same_source = " and known.source = here.task_source" if reference == "tasks" else ""
    return (
        f"select here.row_id, {literal(name)} as column_name, cast(null as varchar) as expected"
        f" from (select row_id, task_source, received_at, {quote(name)} as code from {{batch}})"
        f" as here where here.code is not null and not exists (select 1"
        f" from known_{reference} as known where known.code = here.code"
        f"{same_source} and known.received_at <= here.received_at)"
    )


def _known_organisation(_contract: Contract, rule: Rule) -> str:
    """Names that nobody bears, or that no body bore yet on the business date."""
    name = rule.arguments["column"]
    return (
        f"select here.row_id, {literal(name)} as column_name, cast(null as varchar) as expected"
        f" from (select row_id, organisation_code, business_date, {quote(name)} as name"
        f" from {{batch}}) as here where here.name is not null and not exists"
        f" (select 1 from known_organisations as known where known.name = here.name"
        f" and known.organisation_code = here.organisation_code"
        f" and known.first_day <= cast(here.business_date as varchar))"
    )


def _existing_organisation(_contract: Contract, rule: Rule) -> str:
    """Bodies that had ended before the period began."""
    name, period = rule.arguments["column"], rule.arguments["period"]
    return (
        f"select here.row_id, {literal(name)} as column_name, known.last_day as expected"
        f" from (select row_id, organisation_code, {quote(name)} as name,"
        f" case when {is_readable('period', period)} then {period_start(period)} end as first_day"
        f" from {{batch}}) as here join known_organisations as known on known.name = here.name"
        f" and known.organisation_code = here.organisation_code"
        f" and known.last_day < here.first_day"
    )


def _percent_agrees(_contract: Contract, rule: Rule) -> str:
    percent, completed_on, status = (
        quote(rule.arguments[name]) for name in ("percent", "completed_on", "status")
    )
    value = f"try_cast({percent} as double)"
    done = f"({completed_on} is not null or coalesce({status} in {in_list(COMPLETED)}, false))"
    unfinished = f"({completed_on} is null and {status} in {in_list(OPEN)})"
    return _select(
        f"{is_readable('number', rule.arguments['percent'])} and {value} between 0 and 100"
        f" and (({value} < 100 and {done}) or ({value} = 100 and {unfinished}))",
        rule.arguments["percent"],
    )


def _target_complete(_contract: Contract, rule: Rule) -> str:
    operator, low, high, text = (
        quote(rule.arguments[name]) for name in ("operator", "low", "high", "text")
    )
    return _select(
        f"case {operator} when '>=' then {low} is null when '>' then {low} is null"
        f" when '<=' then {high} is null when '=' then {low} is null and {high} is null"
        f" when 'between' then {low} is null or {high} is null"
        f" when 'text' then {text} is null else false end",
        rule.arguments["operator"],
    )


def _no_personal_data(contract: Contract, _rule: Rule) -> str:
    return _first_of(
        [
            (column.name, f"regexp_matches({quote(column.name)}, {literal(PERSONAL)})", "")
            for column in _texts(contract)
            if column.name not in contract.key
        ]
    )


QUERIES: dict[str, Callable[[Contract, Rule], str]] = {
    "readable": _readable,
    "range": _range,
    "length": _length,
    "control_characters": _control_characters,
    "formula": _formula,
    "key": _key,
    "key_across": _key_across,
    "matches": _matches,
    "not_after": _not_after,
    "period_not_after": _period_not_after,
    "columns_differ": _columns_differ,
    "known_reference": _known_reference,
    "known_organisation": _known_organisation,
    "existing_organisation": _existing_organisation,
    "not_derived": series.not_derived,
    "one_value": series.one_value,
    "one_source": series.one_source,
    "not_falling": series.not_falling,
    "percent_agrees": _percent_agrees,
    "target_complete": _target_complete,
    "no_personal_data": _no_personal_data,
}
