-- Accepted rows whose key was refused at some time: each may be the correction of a reject. The keys
-- are those of the contracts, their parts joined by a bar, empty parts left out, as the check does.
with rejects as (
    select distinct source, dataset, record_key
    from {{ ref('int_rejects__known') }}
    where record_key is not null
),

keyed as (
    select source, delivery_id, line, 'documents' as dataset, document_code as record_key
    from {{ ref('stg_documents') }}
    union all
    select source, delivery_id, line, 'tasks' as dataset, task_code as record_key
    from {{ ref('stg_tasks') }}
    union all
    select source, delivery_id, line, 'progress' as dataset, concat_ws('|', task_code, reported_on) as record_key
    from {{ ref('stg_progress') }}
    union all
    select source, delivery_id, line, 'indicators' as dataset, indicator_code as record_key
    from {{ ref('stg_indicators') }}
    union all
    select
        source,
        delivery_id,
        line,
        'indicator_values' as dataset,
        concat_ws('|', indicator_code, organisation_text, period, nullif(breakdown, '')) as record_key
    from {{ ref('stg_indicator_values') }}
    union all
    select source, delivery_id, line, 'feedback' as dataset, feedback_code as record_key
    from {{ ref('stg_feedback') }}
    union all
    select source, delivery_id, line, 'control_totals' as dataset, concat_ws('|', dataset, measure) as record_key
    from {{ ref('stg_control_totals') }}
),

repaired as (
    select keyed.*
    from keyed
    semi join rejects
        on
            keyed.source = rejects.source
            and keyed.dataset = rejects.dataset
            and keyed.record_key = rejects.record_key
)

select * from repaired
