-- Tasks of a document itself and of everything that carries it out, at any depth.
with recursive documents as (
    select document_code, parent_document_code, root_document_code, depth
    from {{ ref('dim_document') }}
),

tasks as (
    select * from {{ ref('fct_task_status') }}
    where document_code is not null
),

-- `union` without `all`: a circle adds no new pair and so ends.
under as (
    select document_code as ancestor_code, document_code from documents
    union
    select under.ancestor_code, documents.document_code
    from under
    inner join documents on under.document_code = documents.parent_document_code
),

counted as (
    select
        under.ancestor_code as document_code,
        count(distinct under.document_code) - 1 as documents_under,
        count(tasks.task_key) filter (where tasks.document_code = under.ancestor_code) as own_tasks,
        count(tasks.task_key) as tasks,
    {% for class in status_classes() -%}
        count(*) filter (where tasks.status_class = '{{ class }}') as {{ class }}{{ "," if not loop.last }}
    {% endfor %}
    from under
    left join tasks on under.document_code = tasks.document_code
    group by under.ancestor_code
),

rated as (
    select
        {{ as_of_date() }} as as_of_date,
        counted.document_code,
        documents.root_document_code,
        documents.depth,
        counted.documents_under,
        counted.own_tasks,
        counted.tasks,
        {% for class in status_classes() -%}
            counted.{{ class }},
        {% endfor -%}
        {{ completion_rate() }} as completion_rate,
        {{ due_completion_rate() }} as due_completion_rate
    from counted
    inner join documents on counted.document_code = documents.document_code
)

select * from rated
order by document_code
