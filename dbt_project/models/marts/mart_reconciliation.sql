{%- set counts = [
    'completed', 'completed_on_time', 'completed_late', 'completed_undated', 'open', 'open_in_term', 'open_overdue',
    'open_undated', 'overdue'
] -%}
{#- In percent, as they are printed. -#}
{%- set rates = {
    'completion_rate': completion_rate(), 'on_time_rate': on_time_rate(), 'overdue_rate': overdue_rate(),
    'due_completion_rate': due_completion_rate()
} -%}
with declared as (
    select
        *,
        -- A printed rate is held against ours in as many decimals as it was printed with.
        cast(
            if(declared = floor(declared), 0, length(split_part(cast(declared as varchar), '.', 2))) as integer
        ) as decimals
    from {{ ref('int_control_totals__known') }}
),

tasks as (
    select source, status_class from {{ ref('fct_task_status') }}
),

by_class as (
    select
        source,
        count(*) as tasks,
    {% for class in status_classes() -%}
        count(*) filter (where status_class = '{{ class }}') as {{ class }}{{ "," if not loop.last }}
    {% endfor %}
    from tasks
    group by source
),

of_tasks as (
    unpivot (
        select
            source,
            tasks,
            {{ completed_tasks() }} as completed,
            completed_on_time,
            completed_late,
            completed_undated,
            tasks - {{ completed_tasks() }} as open,
            open_in_term,
            open_overdue,
            open_undated,
            open_overdue as overdue,
        {% for rate, expression in rates.items() -%}
            100 * {{ expression }} as {{ rate }}{{ "," if not loop.last }}
        {% endfor %}
        from by_class
    ) on columns(* exclude (source)) into name measure value computed
),

-- A source counts what it sent, each row once; a row sent twice is one of its rows.
of_rows as (
    select business_date, source, dataset, rows_received - rows_duplicate as rows_sent
    from {{ ref('mart_reporting') }}
    where deliveries > 0
),

compared as (
    select
        declared.business_date,
        declared.source,
        declared.dataset,
        declared.measure,
        declared.declared,
        cast(
            case
                when declared.measure = 'rows' then of_rows.rows_sent
                when declared.dataset not in ('tasks', 'progress') or not declared.is_newest then null
                when declared.measure in (
                        {%- for name in rates %}
                            '{{ name }}'{{ "," if not loop.last }}
                        {%- endfor %}
                    )
                    then round(of_tasks.computed, declared.decimals)
                when declared.measure in (
                        {%- for name in counts %}
                            '{{ name }}'{{ "," if not loop.last }}
                        {%- endfor %}
                    ) then coalesce(of_tasks.computed, 0)
            end as double
        ) as computed,
        declared.delivery_id,
        declared.line
    from declared
    left join of_rows
        on
            declared.business_date = of_rows.business_date
            and declared.source = of_rows.source
            and declared.dataset = of_rows.dataset
            and declared.measure = 'rows'
    left join of_tasks on declared.source = of_tasks.source and declared.measure = of_tasks.measure
),

differences as (
    select
        business_date,
        source,
        dataset,
        measure,
        declared,
        computed,
        declared - computed as difference,
        case
            when computed is null then 'not_computable'
            when declared = computed then 'equal'
            else 'different'
        end as finding,
        delivery_id,
        line
    from compared
)

select * from differences
order by business_date, source, dataset, measure
