-- The variables morning, tasks and communes (that many more bodies) are set by the caller.
create schema marts;

create table marts.dim_organisation (
    organisation_code varchar not null, valid_from date not null, valid_to date,
    name varchar not null, kind varchar not null, level varchar not null,
    parent_code varchar, successor_code varchar, is_current boolean not null,
    primary key (organisation_code, valid_from)
);
insert into marts.dim_organisation values
('VN', '1900-01-01', null, 'Toàn quốc', 'central', 'central', null, null, true),
('G06', '1900-01-01', null, 'Bộ Khoa học và Công nghệ', 'ministry', 'central', 'VN', null, true),
('01', '1900-01-01', null, 'Thành phố Hà Nội', 'province', 'province', 'VN', null, true),
('79', '1900-01-01', null, 'Thành phố Hồ Chí Minh', 'province', 'province', 'VN', null, true),
('00004', '2025-07-01', null, 'Phường Ba Đình', 'commune', 'commune', '01', null, true),
-- moved from Hà Nội to Thành phố Hồ Chí Minh
('00100', '1900-01-01', '2025-06-30', 'Xã Đã Chuyển', 'commune', 'commune', '01', null, false),
('00100', '2025-07-01', null, 'Xã Đã Chuyển', 'commune', 'commune', '79', null, true),
-- dissolved into Phường Ba Đình
('00001', '1900-01-01', '2025-06-30', 'Phường Cũ', 'commune', 'commune', '01', '00004', false),
('TT-BN', '1900-01-01', null, 'Các bộ, ngành', 'collective', 'central', 'VN', null, true),
('UNRESOLVED', '1900-01-01', null, 'Chưa xác định', 'unresolved', 'central', null, null, true);
insert into marts.dim_organisation
select printf('%05d', 10000 + n), '2025-07-01', null, 'Xã số ' || n, 'commune', 'commune',
    if(n % 34 = 0, '01', '79'), null, true
from range(getvariable('communes')) as each (n);
comment on table marts.dim_organisation is 'One row per organisation and validity.';
comment on column marts.dim_organisation.name is 'Tên cơ quan; ''gọi tắt'' / Name';

create table marts.dim_document (
    document_code varchar primary key, issued_on date, issuer varchar,
    parent_document_code varchar, root_document_code varchar not null, depth integer
);
insert into marts.dim_document values
('57-NQ/TW', '2024-12-22', 'Bộ Chính trị', null, '57-NQ/TW', 0),
('328-KH/TU', '2025-03-01', 'Thành ủy', '57-NQ/TW', '57-NQ/TW', 1);
comment on table marts.dim_document is 'One row per document.';

create table marts.dim_indicator (indicator_code varchar primary key, name varchar, target_low double);
insert into marts.dim_indicator values ('CT-01', 'Tỷ lệ "số" ≥ 80 %', 80.5), ('CT-02', 'Khác', null);

create table marts.dim_task (
    task_key varchar primary key, source varchar not null, task_code varchar not null,
    title varchar not null, kind varchar, document_code varchar, parent_task_code varchar,
    lead_code varchar not null, deadline_text varchar, due_on date, due_precision varchar,
    assigned_on date, product varchar, secrecy varchar, updated_at timestamptz,
    source_organisation_code varchar not null, morning integer not null
);
insert into marts.dim_task
select
    'nq57/' || n, 'nq57', n::varchar, 'Nhiệm vụ số ' || n || ': xây dựng cơ sở dữ liệu dùng chung',
    'task', if(n % 2 = 0, '57-NQ/TW', '328-KH/TU'), null,
    if(
        getvariable('communes') > 0 and n % 10 > 0, printf('%05d', 10000 + n % getvariable('communes')),
        ['G06', '01', '79', '00004', '00100', 'TT-BN', 'UNRESOLVED'][1 + n % 7]
    ), '12/2025',
    date '2025-01-01' + (n % 700)::integer, 'month', date '2025-01-01', 'Báo cáo', null,
    timestamptz '2025-01-01 00:00:00+07' + to_microseconds(n), 'G06', getvariable('morning')
from range(getvariable('tasks')) as each (n);
-- led by nobody known, exported by Hà Nội
insert into marts.dim_task
select 'tinh-01/x', 'tinh-01', 'x', 'Việc chưa rõ ai làm', 'task', null, null, 'UNRESOLVED', null,
    null, 'none', null, null, null, null, '01', getvariable('morning');
comment on table marts.dim_task is 'One row per task. Mỗi nhiệm vụ một dòng.';
comment on column marts.dim_task.title is 'Tên nhiệm vụ / Title';

create table marts.bridge_task_organisation (
    task_key varchar not null, organisation_code varchar not null, role varchar not null,
    primary key (task_key, organisation_code, role)
);
insert into marts.bridge_task_organisation
select task_key, lead_code, 'lead' from marts.dim_task
union all
select task_key, 'G06', 'member' from marts.dim_task where lead_code = 'TT-BN';

create table marts.fct_task_status (
    as_of_date date not null, task_key varchar primary key, source varchar not null,
    lead_code varchar not null, status_class varchar not null, is_completed boolean not null, completed_on date,
    days_late bigint, percent_complete double, morning integer not null
);
insert into marts.fct_task_status
select date '2026-11-20', task_key, source, lead_code,
    if(hash(task_key) % 3 = 0, 'completed_on_time', 'open_overdue'), hash(task_key) % 3 = 0,
    if(hash(task_key) % 3 = 0, date '2025-06-01', null), hash(task_key) % 90,
    (hash(task_key) % 1000) / 7.0, getvariable('morning')
from marts.dim_task;

create table marts.fct_feedback (
    feedback_code varchar primary key, organisation_code varchar not null, received_on date not null
);
insert into marts.fct_feedback values
('PA-1', '01', '2026-01-01'), ('PA-2', '79', '2026-01-02'), ('PA-3', '00004', '2026-01-03');

create table marts.mart_scorecard (
    as_of_date date not null, organisation_code varchar not null, kind varchar, tasks bigint,
    completion_rate double, morning integer not null, primary key (as_of_date, organisation_code)
);
insert into marts.mart_scorecard
select date '2026-11-20', lead_code, null, count(*), avg(percent_complete), getvariable('morning')
from marts.fct_task_status group by lead_code
union all
select date '2026-11-20', 'VN', 'central', count(*), avg(percent_complete), getvariable('morning')
from marts.fct_task_status;

create table marts.mart_reporting (
    business_date date not null, source varchar not null, dataset varchar not null,
    organisation_code varchar not null, status varchar not null, received_at timestamptz,
    primary key (business_date, source, dataset)
);
insert into marts.mart_reporting values
('2026-11-20', 'nq57', 'tasks', 'G06', 'on_time', '2026-11-20 05:30:00.123456+07'),
('2026-11-20', 'tinh-01', 'tasks', '01', 'late', '2026-11-20 08:00:00+07'),
('2026-11-20', 'tinh-79', 'tasks', '79', 'missing', null);

create table marts.mart_reconciliation (
    business_date date not null, source varchar not null, dataset varchar not null,
    measure varchar not null, declared double, computed double, difference double,
    primary key (business_date, source, dataset, measure)
);
insert into marts.mart_reconciliation values
('2026-11-20', 'nq57', 'tasks', 'rows', 200, 201, -1), ('2026-11-20', 'tinh-01', 'tasks', 'rows', 1, 1, 0);

create table marts.mart_reject (
    reject_id varchar primary key, business_date date, source varchar, organisation_code varchar,
    dataset varchar, delivery_id varchar, line bigint, column_name varchar, value varchar,
    raw varchar, check_id varchar, message_vi varchar
);
insert into marts.mart_reject values
('r1', '2026-11-20', 'tinh-01', '01', 'tasks', 'd1', 2, 'deadline', '31/02/2025', '1;31/02/2025',
    'tasks.deadline', 'Ngày không có thật'),
('r2', '2026-11-20', 'tinh-79', '79', 'tasks', 'd2', 3, 'deadline', '=cmd|calc', 'x', 'tasks.deadline',
    'Không phải ngày');
comment on table marts.mart_reject is 'One row per reject.';

create table marts.mart_run (run_id varchar primary key, as_of_date date, published_at timestamptz);
insert into marts.mart_run values ('run-1', '2026-11-20', '2026-11-20 06:00:00+00');
