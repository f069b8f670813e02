"""Source values to canonical text, as SQL expressions over a trimmed, non-empty column.

Nothing is guessed: a text that does not read as what its column asks for stays as it was received,
and the check refuses it. Formats that a source declared are columns of the joined ``layout`` row:
``date_format``, ``decimal_mark`` (both null where undeclared) and ``file_format``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from task_warehouse.checking.quoting import quote
from task_warehouse.contracts import Column

# Space, tab, line ends, no-break space, zero-width space, ideographic space, byte order mark.
UNUSUAL_BLANKS = (9, 10, 13, 160, 8203, 12288, 65279)
BLANKS = " || ".join(f"chr({code})" for code in (32, *UNUSUAL_BLANKS))
EXCEL_EPOCH = "date '1899-12-30'"
# A list is tried from its start, and a format that does not fit costs ten times one that does.
DAY_FIRST = "['%d/%m/%Y', '%d/%m/%Y %H:%M', '%d/%m/%Y %H:%M:%S']"
COMPACT = "['%Y%m%d %H:%M:%S', '%Y%m%d%H%M%S', '%Y%m%d %H:%M', '%Y%m%d']"
MONTH_FIRST = "['%m/%d/%Y', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S']"
TIMES_IN_JSON = "layout.file_format in ('json', 'ndjson')"
ROMAN = (
    "case lower({0}) when 'i' then 1 when 'ii' then 2 when 'iii' then 3 when 'iv' then 4"
    " else cast({0} as integer) end"
)
QUARTER = (
    r"(?i)^(?:đến |hết |cuối )*(?:quý|quy|q) *(iv|iii|ii|i|[1-4]) *[/\- ,]? *(?:năm )?([0-9]{4})$"
)
MONTH = r"(?i)^(?:đến |hết |cuối |trước )*(?:tháng )?([0-9]{1,2}) *[/\-] *([0-9]{4})$"
YEAR = r"(?i)^(?:đến |hết |cuối |trước |trong )*(?:năm )?([0-9]{4})$"
ISO_MONTH = r"^([0-9]{4})-([0-9]{2})$"


def trimmed(expression: str) -> str:
    """Without blanks at the ends; null when nothing is left."""
    return f"nullif(trim({expression}, {BLANKS}), '')"


def needs_cleaning(joined: str, markers: Iterable[str]) -> str:
    """SQL that is true where a row's cells (between unit separators) hold blanks or null markers.

    True too often does no harm, so any unusual blank counts, wherever it stands.
    """
    edges = f"contains({joined}, ' ' || chr(31)) or contains({joined}, chr(31) || ' ')"
    unusual = " or ".join(f"contains({joined}, chr({code}))" for code in UNUSUAL_BLANKS)
    marker = f"regexp_matches({joined}, '(?i)\\x1f(?:{_any_of(markers)})\\x1f')"
    return f"({edges} or {unusual} or {marker})"


def tidied(name: str, markers: Sequence[str]) -> str:
    """Trimmed, and null where nothing or a null marker is left.

    A pattern, not SQL's ``in``: that becomes a join, which is made for rows that never need it.
    """
    cell = trimmed(name)
    return (
        f"case when regexp_full_match({cell}, '(?i){_any_of(markers)}') then null else {cell} end"
    )


def _any_of(markers: Iterable[str]) -> str:
    return "|".join(re.escape(marker).replace("'", "''") for marker in sorted(markers))


def canonical(column: Column) -> str:
    """The canonical text of ``column`` in a row that has it trimmed; codes are joined elsewhere."""
    name = quote(column.name)
    if column.form == "date":
        return f"coalesce({day(name)}, {name})"
    if column.form == "period_end":
        return f"coalesce({day(name)}, {period_end(name)}, {name})"
    if column.form == "timestamp":
        return f"coalesce({moment(name)}, {name})"
    if column.form == "number":
        return f"coalesce({number(name)}, {name})"
    if column.form == "period":
        return f"coalesce({period(name)}, {name})"
    return name


def day(name: str) -> str:
    """ISO text of a day, or null. ISO is always understood, mm/dd only where declared."""
    slashed = f"replace(replace({name}, '-', '/'), '.', '/')"
    return (
        f"case when {name} like '____-__-__' then cast(try_cast({name} as date) as varchar)"
        f" when {name} like '__/__/____'"
        f" and coalesce(layout.date_format, 'dd/mm/yyyy') = 'dd/mm/yyyy'"
        f" then cast(cast(try_strptime({name}, '%d/%m/%Y') as date) as varchar)"
        f" when {name}[5] in ('-', '/')"
        f" then case when length({name}) <= 10 then cast(try_cast({name} as date) as varchar)"
        f" else cast(cast(try_cast({name} as timestamptz) as date) as varchar) end"
        f" when layout.date_format = 'mm/dd/yyyy'"
        f" then cast(cast(try_strptime({slashed}, {MONTH_FIRST}) as date) as varchar)"
        f" when {name}[2] in ('/', '-', '.') or {name}[3] in ('/', '-', '.')"
        f" then case when layout.date_format is null or layout.date_format = 'dd/mm/yyyy'"
        f" then cast(cast(try_strptime({slashed}, {DAY_FIRST}) as date) as varchar) end"
        f" when layout.date_format = 'yyyymmdd'"
        f" then cast(cast(try_strptime({name}, '%Y%m%d') as date) as varchar)"
        f" when layout.file_format = 'xlsx'"
        f" and regexp_full_match({name}, '[2-7][0-9]{{4}}([.]0+)?')"
        f" then cast({EXCEL_EPOCH} + cast(left({name}, 5) as integer) as varchar)"
        f" when {TIMES_IN_JSON} and regexp_full_match({name}, '[0-9]{{13}}')"
        f" then cast(cast(to_timestamp(cast({name} as bigint) / 1000) as date) as varchar) end"
    )


def period_end(name: str) -> str:
    """ISO text of the last day of a printed month, quarter or year, or null."""
    quarter_month = ROMAN.format(f"regexp_extract({name}, '{QUARTER}', 1)")
    return (
        f"case when regexp_matches({name}, '{YEAR}')"
        f" then regexp_extract({name}, '{YEAR}', 1) || '-12-31'"
        f" when regexp_matches({name}, '{ISO_MONTH}')"
        f" then cast(last_day(try_cast({name} || '-01' as date)) as varchar)"
        f" when regexp_matches({name}, '{MONTH}')"
        f" then cast(last_day(try_cast(regexp_extract({name}, '{MONTH}', 2) || '-' ||"
        f" regexp_extract({name}, '{MONTH}', 1) || '-01' as date)) as varchar)"
        f" when regexp_matches({name}, '{QUARTER}')"
        f" then cast(last_day(make_date(cast(regexp_extract({name}, '{QUARTER}', 2) as integer),"
        f" 3 * {quarter_month}, 1)) as varchar) end"
    )


def moment(name: str) -> str:
    """ISO text of a moment in Vietnamese local time with its offset, or null."""
    slashed = f"replace(replace({name}, '-', '/'), '.', '/')"
    instant = (
        f"case when {name} like '____-__-__ __:__:__' then try_cast({name} as timestamp)"
        f" when {name}[5] in ('-', '/') then cast(try_cast({name} as timestamptz) as timestamp)"
        f" when layout.date_format = 'mm/dd/yyyy' then try_strptime({slashed}, {MONTH_FIRST})"
        f" when layout.date_format = 'yyyymmdd' then try_strptime({name}, {COMPACT})"
        f" when layout.date_format is null or layout.date_format = 'dd/mm/yyyy'"
        f" then coalesce(try_strptime({slashed}, {DAY_FIRST}),"
        f" case when {TIMES_IN_JSON} and regexp_full_match({name}, '[0-9]{{13}}')"
        f" then cast(to_timestamp(cast({name} as bigint) / 1000) as timestamp) end) end"
    )
    usual = (
        f"{name} like '__/__/____ __:__:__'"
        f" and coalesce(layout.date_format, 'dd/mm/yyyy') = 'dd/mm/yyyy'"
    )
    return (
        f"case when {usual} then strftime(try_strptime({name}, '%d/%m/%Y %H:%M:%S'),"
        f" '%Y-%m-%dT%H:%M:%S+07:00')"
        f" else replace(cast({instant} as varchar), ' ', 'T') || '+07:00' end"
    )


def number(name: str) -> str:
    """A number with a decimal point, or null.

    With a decimal comma (declared, or a CSV that declares nothing) dots are thousands: ``1.234,5``
    and ``16.737``. Undeclared, the other reading is taken only where this one is impossible:
    ``39.52`` has a decimal point in any case.
    """
    plain = f"replace(replace(rtrim({name}, '% ' || chr(160)), chr(160), ''), ' ', '')"
    plain = f"ltrim(replace({plain}, chr(8722), '-'), '+')"
    default = "case when layout.file_format in ('csv', 'tsv') then ',' else '.' end"
    comma = f"coalesce(layout.decimal_mark, {default}) = ','"
    undeclared = "layout.decimal_mark is null"
    point_is_decimal = f"({undeclared} or layout.decimal_mark = '.')"
    comma_is_decimal = f"({undeclared} or layout.decimal_mark = ',')"

    def reads(pattern: str) -> str:
        return f"regexp_full_match({plain}, '{pattern}')"

    dots_off = f"replace(replace({plain}, '.', ''), ',', '.')"
    commas_off = f"replace({plain}, ',', '')"
    thousands, more = "-?[1-9][0-9]{0,2}", "([0-9]{3})"
    cases = [
        (f"regexp_full_match({name}, '[0-9]+')", name),
        (f"{point_is_decimal} and regexp_full_match({name}, '[0-9]+[.][0-9]{{1,2}}')", name),
        (reads("-?[0-9]+"), plain),
        (f"{comma} and {reads(f'{thousands}([.]{more})+(,[0-9]+)?')}", dots_off),
        (
            f"layout.decimal_mark = '.' and {reads(f'{thousands}(,{more})+([.][0-9]+)?')}",
            commas_off,
        ),
        (f"{undeclared} and {reads(f'{thousands}(,{more})+[.][0-9]+')}", commas_off),
        (f"{undeclared} and {reads(f'{thousands}(,{more}){{2,}}')}", commas_off),
        (f"{undeclared} and {reads(f'{thousands}([.]{more})+,[0-9]+')}", dots_off),
        (f"{undeclared} and {reads(f'{thousands}([.]{more}){{2,}}')}", dots_off),
        (f"{comma_is_decimal} and {reads('-?[0-9]+,[0-9]+')}", f"replace({plain}, ',', '.')"),
        (f"{point_is_decimal} and {reads('-?[0-9]+[.][0-9]+')}", plain),
        (
            reads("-?[0-9]+([.][0-9]+)?[eE][+-]?[0-9]{1,2}"),
            f"cast(try_cast({plain} as decimal(38, 10)) as varchar)",
        ),
    ]
    return "case " + " ".join(f"when {when} then {then}" for when, then in cases) + " end"


def period(name: str) -> str:
    """``YYYY``, ``YYYYQ``, ``YYYYMM`` or ``YYYYMMDD``, or null."""
    quarter = ROMAN.format(f"regexp_extract({name}, '{QUARTER}', 1)")
    iso_quarter = "(?i)^([0-9]{4})[- ]?Q([1-4])$"
    return (
        f"case when regexp_full_match({name}, '[0-9]+') then {name}"
        f" when regexp_matches({name}, '{YEAR}') then regexp_extract({name}, '{YEAR}', 1)"
        f" when regexp_matches({name}, '{ISO_MONTH}') then replace({name}, '-', '')"
        f" when regexp_matches({name}, '{iso_quarter}') then"
        f" regexp_extract({name}, '{iso_quarter}', 1) || regexp_extract({name}, '{iso_quarter}', 2)"
        f" when regexp_matches({name}, '{MONTH}') then regexp_extract({name}, '{MONTH}', 2)"
        f" || lpad(regexp_extract({name}, '{MONTH}', 1), 2, '0')"
        f" when regexp_matches({name}, '{QUARTER}') then regexp_extract({name}, '{QUARTER}', 2)"
        f" || cast({quarter} as varchar)"
        f" else replace({day(name)}, '-', '') end"
    )
