-- Refused and warned rows of the wanted reports. A value that may be personal is not shown again,
-- and neither is a message that holds it; its address is enough to mend it.
create or replace temp table places as
select
    delivery_id,
    part,
    any_value(format) as format,
    any_value(first_column) as first_column,
    unnest(columns) as column_name,
    unnest(positions) as position,
    unnest(headers) as header
from layouts
semi join (select delivery_id from sightings semi join wanted using (source, business_date)) using (delivery_id)
group by delivery_id, part, columns, positions, headers;

create or replace temp table defect_rows as
with found as (
    select * from rejects
    union all by name
    select * from warnings
),

paths as (
    select
        delivery_id,
        any_value(json_extract_string(options, '$.records')) as records_path
    from receipts
    where delivery_id is not null
    group by delivery_id
),

hidden as (
    select distinct found.delivery_id, found.record
    from found
    inner join rules on found.check_id = rules.check_id
    where not rules.keep_value
),

placed as (
    select
        sightings.business_date as report_date,
        found.* exclude (business_date),
        coalesce(parts.format, ledger.format) as format,
        parts.first_column,
        places.position,
        places.header,
        paths.records_path,
        labels.label,
        rules.title_vi,
        rules.title_en,
        rules.expected_vi,
        rules.expected_en,
        if(found.record is null, rules.remedy_vi, rules.row_remedy_vi) as remedy_vi,
        if(found.record is null, rules.remedy_en, rules.row_remedy_en) as remedy_en,
        hidden.record is not null as is_hidden,
        coalesce(labels.is_key, false) as is_key
    from found
    inner join sightings on found.delivery_id = sightings.delivery_id
    semi join wanted on sightings.source = wanted.source and sightings.business_date = wanted.business_date
    left join ledger on found.delivery_id = ledger.delivery_id
    left join (select distinct delivery_id, part, format, first_column from places) as parts
        on found.delivery_id = parts.delivery_id and coalesce(found.part, '') = parts.part
    left join places
        on
            found.delivery_id = places.delivery_id
            and coalesce(found.part, '') = places.part
            and found.column_name = places.column_name
    left join paths on found.delivery_id = paths.delivery_id
    left join labels on found.dataset = labels.dataset and found.column_name = labels.column_name
    left join rules on found.check_id = rules.check_id
    left join hidden on found.delivery_id = hidden.delivery_id and found.record = hidden.record
),

guarded as (
    select
        * replace (
            regexp_replace(value, {control}, '�', 'g') as value,
            regexp_replace(left(raw, 500), {control}, '�', 'g') as raw,
            regexp_replace(message_vi, {control}, '�', 'g') as message_vi,
            regexp_replace(message_en, {control}, '�', 'g') as message_en,
            case when not regexp_matches(header, {personal}) then regexp_replace(header, {control}, '�', 'g') end
                as header
        ),
        record is not null
        and (is_hidden or (not is_key and regexp_matches(concat_ws(' ', value, raw, message_vi), {personal})))
            as is_masked,
        {cell} as cell
    from placed
)

select
    *,
    {path} as path,
    {address_vi} as address_vi,
    {address_en} as address_en
from guarded;
