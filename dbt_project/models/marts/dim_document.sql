-- Documents that were only named (as a parent, or by a task) have a row too, so that every task
-- hangs somewhere and an assigning document that nobody delivered is seen.
with recursive delivered as (
    select * from {{ ref('int_documents__current') }}
),

named as (
    select document_code from delivered
    union
    select document_code from {{ ref('int_tasks__known') }}
    union
    select parent_document_code as document_code from delivered
    union
    select document_code from {{ ref('int_indicators__current') }}
),

documents as (
    select
        named.document_code,
        delivered.issued_on,
        delivered.issuer,
        delivered.title,
        delivered.parent_document_code,
        delivered.programme,
        delivered.source,
        delivered.delivery_id,
        delivered.line,
        delivered.document_code is not null as is_delivered
    from named
    left join delivered on named.document_code = delivered.document_code
    where named.document_code is not null
),

climbing as (
    select
        document_code,
        document_code as ancestor_code,
        parent_document_code as next_code,
        0 as steps,
        [document_code] as path,
        false as is_circle
    from documents
    union all
    select
        climbing.document_code,
        documents.document_code as ancestor_code,
        documents.parent_document_code as next_code,
        climbing.steps + 1 as steps,
        list_append(climbing.path, documents.document_code) as path,
        list_contains(climbing.path, documents.document_code) as is_circle
    from climbing
    inner join documents on climbing.next_code = documents.document_code
    where not climbing.is_circle
),

tops as (
    select *
    from climbing
    qualify row_number() over (partition by document_code order by steps desc) = 1
),

rooted as (
    select
        documents.document_code,
        documents.issued_on,
        documents.issuer,
        documents.title,
        documents.parent_document_code,
        -- A circle has no top; the smallest code in it stands for it, the same for all its members.
        case
            when tops.is_circle then list_min(tops.path[list_position(tops.path, tops.ancestor_code):])
            else tops.ancestor_code
        end as root_document_code,
        case when not tops.is_circle then tops.steps end as depth,
        case
            when tops.is_circle then 'circle'
            when not documents.is_delivered then 'only_named'
            when tops.steps = 0 then 'root'
            else 'child'
        end as chain_state,
        documents.programme,
        documents.source,
        documents.delivery_id,
        documents.line,
        documents.is_delivered
    from documents
    inner join tops on documents.document_code = tops.document_code
)

select * from rooted
order by document_code
