"""Rules over series of values as SQL: one value a period, cumulative values, derived indicators.

They read what :mod:`.references` and :mod:`.organisations` prepared: ``indicator_traits``,
``known_values`` and ``known_organisations``. A body is compared by its code, so two spellings of
its name are one body.
"""

from __future__ import annotations

from task_warehouse.checking.quoting import quote
from task_warehouse.contracts import Contract, Rule

NO_TEXT = "cast(null as varchar)"
# What the source itself says of an indicator counts; else what all others agree on.
TRAIT = """
    select here.row_id, here.code, coalesce(
        arg_max(traits.{trait}, traits.received_at) filter (traits.source = here.task_source),
        bool_and(traits.{trait})) as has_trait
    from (select row_id, task_source, received_at, {column} as code from {{batch}}) as here
    join indicator_traits as traits
        on traits.code = here.code and traits.received_at <= here.received_at
    group by here.row_id, here.code
"""
BODY = """
    select here.row_id, here.number, here.task_source as source, here.{indicator} as indicator,
        here.{period} as period, coalesce(here.{breakdown}, '') as breakdown,
        here.{organisation} as organisation, bodies.code as body,
        try_cast(here.{value} as double) as value, here.received_at
    from {{batch}} as here
    join known_organisations as bodies on bodies.name = here.{organisation}
        and bodies.organisation_code is not distinct from here.organisation_code
"""
BEFORE = """
    select cast(null as bigint) as row_id, cast(null as bigint) as number, known.source,
        known.indicator_code as indicator, known.period, coalesce(known.breakdown, '') as breakdown,
        known.organisation, bodies.code as body, try_cast(known.value as double) as value,
        known.received_at
    from known_values as known
    join known_organisations as bodies on bodies.name = known.organisation
        and bodies.organisation_code is not distinct from known.organisation_code
"""


def not_derived(_contract: Contract, rule: Rule) -> str:
    """Values sent of an indicator that has a formula: those are computed, never typed."""
    name = rule.arguments["column"]
    trait = TRAIT.format(trait="is_derived", column=quote(name))
    return (
        f"select row_id, '{name}' as column_name, {NO_TEXT} as expected"
        f" from ({trait}) as here where here.has_trait"
    )


def one_value(_contract: Contract, rule: Rule) -> str:
    """Rows of one delivery that name one body in two ways and give it two values."""
    body = BODY.format(**_named(rule))
    same = "number, indicator, body, period, breakdown"
    return (
        f"select row_id, '{rule.arguments['organisation']}' as column_name, body as expected"
        f" from ({body}) as here"
        f" qualify min(organisation) over (partition by {same})"
        f" < max(organisation) over (partition by {same})"
        f" and min(value) over (partition by {same}) < max(value) over (partition by {same})"
    )


def one_source(_contract: Contract, rule: Rule) -> str:
    """Values that differ from what another source gave for the same body and period.

    Neither the other value nor its source is told: what is found goes back to the sender, and a
    sender never sees a neighbour's data.
    """
    body, before = BODY.format(**_named(rule)), BEFORE
    return (
        f"select distinct here.row_id, '{rule.arguments['value']}' as column_name,"
        f" {NO_TEXT} as expected from ({body}) as here join ({body} union all {before}) as other"
        f" on other.indicator = here.indicator and other.body = here.body"
        f" and other.period = here.period and other.breakdown = here.breakdown"
        f" and other.source <> here.source and other.value <> here.value"
    )


def not_falling(_contract: Contract, rule: Rule) -> str:
    """Values of a cumulative indicator below that of the period before, within a year.

    Within a year, because a sum since January begins anew; values of whole years are compared from
    year to year. A value sent again counts as it was sent last.
    """
    body = BODY.format(**_named(rule))
    trait = TRAIT.format(trait="is_cumulative", column=quote(rule.arguments["indicator"]))
    series = (
        "source, indicator, body, breakdown, length(period),"
        " case when length(period) > 4 then left(period, 4) end"
    )
    last = "source, indicator, body, breakdown, period"
    return (
        f"select row_id, '{rule.arguments['value']}' as column_name,"
        f" concat(earlier, ' (', earlier_period, ')') as expected from"
        f" (select *, lag(value) over along as earlier, lag(period) over along as earlier_period"
        f" from (select * from ({body} union all {BEFORE}) where value is not null"
        f" qualify row_number() over (partition by {last}"
        f" order by received_at desc, row_id desc nulls last) = 1)"
        f" window along as (partition by {series} order by period)) as here"
        f" where here.value < here.earlier"
        f" and here.row_id in (select row_id from ({trait}) where has_trait)"
    )


def _named(rule: Rule) -> dict[str, str]:
    return {name: quote(column) for name, column in rule.arguments.items()}
