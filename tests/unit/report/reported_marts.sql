create schema marts;

create table marts.mart_reporting as
select
    date '2025-07-01' as business_date, 'bo-g06' as source, 'progress' as dataset, 'G06' as organisation_code,
    true as expected, 'on_time' as status, timestamptz '2025-06-30 23:00:00+00' as received_at,
    timestamptz '2025-06-30 23:30:00+00' as due_at, true as is_latest, 30::bigint as rows_received,
    24::bigint as rows_accepted, 6::bigint as rows_rejected, 0::bigint as rows_duplicate,
    0::bigint as rows_warned, 0::bigint as rows_held, 0::bigint as secret_rows,
    null::varchar as reason_vi, null::varchar as reason_en
union all
select
    date '2025-07-01', 'tinh-40', 'tasks', '40', true, 'missing', null, timestamptz '2025-06-30 23:30:00+00',
    true, 0, 0, 0, 0, 0, 0, 0, 'Chưa có tệp.', 'No file.';

create table marts.mart_quality as
select
    business_date, source, dataset, is_latest, 1.0::double as completeness, 1.0::double as timeliness,
    0.8::double as validity, 1.0::double as uniqueness, 1.0::double as consistency, 0.95::double as overall,
    'green' as colour
from marts.mart_reporting;

create table marts.mart_quality_summary as
select * exclude (source, dataset, is_latest), 'source' as level, source as code from marts.mart_quality;

create table marts.mart_quality_anomaly as
select
    date '2025-07-01' as business_date, 'bo-g06' as source, 'progress' as dataset, 'rows' as measure,
    '' as column_name, '' as code, 'Số dòng là 30.' as message_vi, 'Rows: 30.' as message_en;

create table marts.mart_reject_history as
select
    'h1' as reject_history_id, 'bo-g06' as source, 'tasks' as dataset, 'NV-0' as record_key,
    'tasks.title_missing' as check_id, 'title' as column_name, date '2025-06-01' as first_seen_on,
    date '2025-06-20' as last_seen_on, null::date as corrected_on, null::date as vanished_on,
    'x' as last_reject_id
union all
select
    'h2', 'bo-g06', 'tasks', 'NV-00', 'tasks.title_missing', 'title', date '2025-06-01', date '2025-06-20',
    date '2025-06-25', null, 'y';

create table marts.dim_organisation as
select 'G06' as organisation_code, 'Bộ Khoa học và Công nghệ' as name, true as is_current, date '2025-03-01' as valid_from
union all
select '40', 'Tỉnh Nghệ An', true, date '2025-07-01';
