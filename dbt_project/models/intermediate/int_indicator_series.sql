-- One line of values for each indicator and body that answers now: of several periods that end on
-- one day the finest, of a body and its predecessors the sum where things are counted, else the
-- body's own; and the nation's, given or composed.
with given as (
    select
        values_targeted.*,
        deliveries.first_sighted_on
    from {{ ref('int_indicator_values__targeted') }} as values_targeted
    left join {{ ref('int_deliveries__known') }} as deliveries
        on values_targeted.delivery_id = deliveries.delivery_id
    where
        values_targeted.value is not null
        and values_targeted.found_code != 'UNRESOLVED'
        and values_targeted.period_end_on is not null
),

-- The whole where it is given, else the first part that has a target, else the first part.
principal as (
    select
        indicator_code,
        found_code,
        arg_min(breakdown, (breakdown_key != '', target_operator is null, breakdown)) as breakdown
    from given
    group by indicator_code, found_code
),

-- Values in a period are not mixed across lengths: a year's is no month's.
usual as (
    select
        indicator_code,
        found_code,
        breakdown,
        arg_max(length_of_period, (times, length_of_period)) as period_length
    from (
        select indicator_code, found_code, breakdown, length(period) as length_of_period, count(*) as times
        from given
        group by all
    )
    group by all
),

indicators as (
    select indicator_code, kind, formula from {{ ref('int_indicators__led') }}
),

kept as (
    select given.*
    from given
    inner join principal
        on
            given.indicator_code = principal.indicator_code
            and given.found_code = principal.found_code
            and given.breakdown = principal.breakdown
    inner join usual
        on
            given.indicator_code = usual.indicator_code
            and given.found_code = usual.found_code
            and given.breakdown = usual.breakdown
    left join indicators on given.indicator_code = indicators.indicator_code
    where coalesce(indicators.kind, 'cumulative') = 'cumulative' or length(given.period) = usual.period_length
    qualify length(given.period) = max(length(given.period)) over (
            partition by given.indicator_code, given.found_code, given.period_end_on
        )
),

own as (
    select
        indicator_code,
        found_code as organisation_code,
        period,
        period_end_on,
        any_value(breakdown) as breakdown,
        any_value(unit) as unit,
        bool_and(is_additive) as is_additive,
        case
            when bool_and(is_additive) and count(distinct named_code || '@' || named_from) > 1 then sum(value)
            else arg_min(value, (named_code is distinct from found_code, organisation_text))
        end as value,
        arg_min(state, (named_code is distinct from found_code, organisation_text)) as state,
        max(first_sighted_on) as first_sighted_on,
        case
            when
                count(distinct named_code || '@' || named_from) > 1 and bool_and(is_additive)
                then 'sum_of_predecessors'
            else 'given'
        end
            as basis,
        cast(null as bigint) as bodies_counted,
        cast(null as bigint) as bodies_expected,
        arg_min(delivery_id, (named_code is distinct from found_code, organisation_text)) as delivery_id,
        arg_min(line, (named_code is distinct from found_code, organisation_text)) as line
    from kept
    group by indicator_code, found_code, period, period_end_on
),

-- How the nation's value is to be made of the bodies', where the catalogue says so.
formulas as (
    select
        indicator_code,
        case
            when regexp_matches(words, '^(sum|tổng|cộng)') then 'sum'
            when regexp_matches(words, '^(weighted[ _]mean|(trung )?bình( quân)? gia quyền)') then 'weighted_mean'
        end as composed_by,
        regexp_extract(formula, '(?i)(?:theo|by|[(])\s*([^\s()]+)', 1) as weight_code
    from (select *, lower(trim(nfc_normalize(formula))) as words from indicators)
),

organisations as (
    select organisation_code, kind from {{ ref('int_organisations__as_of') }} where answers_for_code
),

-- Communes add up only where nobody above them reports: a province's value holds its communes'.
members as (
    select
        own.*,
        formulas.composed_by,
        formulas.weight_code,
        count(*) filter (where organisations.kind != 'commune') over (partition by own.indicator_code) > 0 as has_upper,
        organisations.kind
    from own
    inner join formulas on own.indicator_code = formulas.indicator_code and formulas.composed_by is not null
    inner join organisations on own.organisation_code = organisations.organisation_code
    where own.organisation_code != 'VN' and own.breakdown = '' and organisations.kind != 'collective'
),

expected as (
    select indicator_code, count(distinct organisation_code) as bodies_expected
    from members
    where kind != 'commune' or not has_upper
    group by indicator_code
),

weights as (
    select indicator_code, organisation_code, period_end_on, value
    from own
    where value > 0
),

-- The last weight known at the end of the period.
weighed as (
    select members.*, weights.value as weight
    from members
    asof left join weights
        on
            members.weight_code = weights.indicator_code
            and members.organisation_code = weights.organisation_code
            and members.period_end_on >= weights.period_end_on
    where members.kind != 'commune' or not members.has_upper
),

composed as (
    select
        weighed.indicator_code,
        'VN' as organisation_code,
        weighed.period,
        weighed.period_end_on,
        '' as breakdown,
        any_value(weighed.unit) as unit,
        bool_and(weighed.is_additive) as is_additive,
        case any_value(weighed.composed_by)
            when 'sum' then sum(weighed.value)
            else sum(weighed.value * weighed.weight) / nullif(sum(weighed.weight), 0)
        end as value,
        'provisional' as state,
        max(weighed.first_sighted_on) as first_sighted_on,
        any_value(weighed.composed_by) as basis,
        count(*) filter (where weighed.composed_by = 'sum' or weighed.weight is not null) as bodies_counted,
        any_value(expected.bodies_expected) as bodies_expected,
        cast(null as varchar) as delivery_id,
        cast(null as bigint) as line
    from weighed
    inner join expected on weighed.indicator_code = expected.indicator_code
    -- A share is never added up.
    where weighed.composed_by = 'weighted_mean' or weighed.is_additive
    group by weighed.indicator_code, weighed.period, weighed.period_end_on
),

series as (
    select * from own
    union all by name
    select composed.*
    from composed
    where
        composed.value is not null
        and composed.indicator_code not in (select own.indicator_code from own where own.organisation_code = 'VN')
)

select * from series
