-- One JSON document a wanted report; lists in the order of datasets, deliveries and rows.
with bodies as (
    select organisation_code, max_by(name, (is_current, valid_from)) as name
    from dim_organisation
    group by organisation_code
),

reporting as (
    select
        mart_reporting.*,
        coalesce(datasets.name_vi, mart_reporting.dataset) as name_vi,
        coalesce(datasets.place, 99) as place,
        coalesce(statuses.vi, mart_reporting.status) as status_vi,
        coalesce(statuses.en, mart_reporting.status) as status_en,
        mart_quality.completeness,
        mart_quality.timeliness,
        mart_quality.validity,
        mart_quality.uniqueness,
        mart_quality.consistency,
        mart_quality.overall,
        mart_quality.colour
    from mart_reporting
    semi join wanted
        on mart_reporting.source = wanted.source and mart_reporting.business_date = wanted.business_date
    left join mart_quality using (source, dataset, business_date)
    left join datasets on mart_reporting.dataset = datasets.dataset
    left join statuses on mart_reporting.status = statuses.key
),

of_datasets as (
    select
        source,
        business_date,
        any_value(organisation_code) as organisation_code,
        list({
            'dataset': dataset,
            'name_vi': name_vi,
            'expected': expected,
            'status': status,
            'status_vi': status_vi,
            'status_en': status_en,
            'due_at': strftime(due_at, '%d/%m/%Y %H:%M'),
            'received_at': strftime(received_at, '%d/%m/%Y %H:%M'),
            'rows_received': rows_received,
            'rows_accepted': rows_accepted,
            'rows_rejected': rows_rejected,
            'rows_duplicate': rows_duplicate,
            'rows_warned': rows_warned,
            'rows_held': rows_held,
            'secret_rows': secret_rows,
            'reason_vi': reason_vi,
            'reason_en': reason_en,
            'score': {
                'completeness': round(completeness, 4),
                'timeliness': round(timeliness, 4),
                'validity': round(validity, 4),
                'uniqueness': round(uniqueness, 4),
                'consistency': round(consistency, 4),
                'overall': round(overall, 4),
                'colour': coalesce(colour, 'grey')
            }
        } order by place) as datasets,
        sum(rows_received) as rows_received,
        sum(rows_accepted) as rows_accepted,
        sum(rows_rejected) as rows_rejected,
        sum(rows_duplicate) as rows_duplicate,
        sum(rows_warned) as rows_warned,
        sum(rows_held) as rows_held,
        string_agg(name_vi, ', ' order by place) filter (where status = 'missing' and expected) as missing_vi,
        string_agg(dataset, ', ' order by place) filter (where status = 'missing' and expected) as missing_en,
        string_agg(name_vi, ', ' order by place) filter (where status = 'refused') as refused_vi,
        string_agg(dataset, ', ' order by place) filter (where status = 'refused') as refused_en,
        string_agg(name_vi, ', ' order by place) filter (where status = 'late') as late_vi,
        string_agg(dataset, ', ' order by place) filter (where status = 'late') as late_en
    from reporting
    group by source, business_date
),

named as (
    select
        delivery_id,
        arg_min(original_name, receipt_id) as original_name,
        any_value(size_bytes) as size_bytes,
        any_value(sha256) as sha256,
        min(received_at) as received_at
    from receipts
    where delivery_id is not null
    group by delivery_id
),

of_deliveries as (
    select
        sightings.source,
        sightings.business_date,
        list({
            'delivery_id': sightings.delivery_id,
            'dataset': sightings.dataset,
            'file': named.original_name,
            'size_bytes': named.size_bytes,
            'sha256': named.sha256,
            'received_at': strftime(named.received_at, '%d/%m/%Y %H:%M'),
            'verdict': ledger.verdict,
            'verdict_vi': coalesce(verdicts.vi, ledger.verdict),
            'verdict_en': coalesce(verdicts.en, ledger.verdict),
            'reason_vi': ledger.reason_vi,
            'reason_en': ledger.reason_en,
            'rows_received': ledger.rows_received,
            'rows_accepted': ledger.rows_accepted,
            'rows_rejected': ledger.rows_rejected,
            'rows_duplicate': ledger.rows_duplicate,
            'rows_warned': ledger.rows_warned
        } order by coalesce(datasets.place, 99), named.received_at, named.original_name, sightings.delivery_id)
            as deliveries
    from sightings
    semi join wanted on sightings.source = wanted.source and sightings.business_date = wanted.business_date
    inner join ledger on sightings.delivery_id = ledger.delivery_id
    inner join named on sightings.delivery_id = named.delivery_id
    left join verdicts on ledger.verdict = verdicts.key
    left join datasets on sightings.dataset = datasets.dataset
    group by sightings.source, sightings.business_date
),

of_rows as (
    select
        defects.source,
        defects.report_date as business_date,
        list({
            'dataset': defects.dataset,
            'dataset_vi': datasets.name_vi,
            'file': named.original_name,
            'delivery_id': defects.delivery_id,
            'address_vi': defects.address_vi,
            'address_en': defects.address_en,
            'sheet': case when defects.cell is not null then nullif(defects.part, '') end,
            'cell': defects.cell,
            'path': defects.path,
            'line': defects.line,
            'column': defects.column_name,
            'header': defects.header,
            'record_key': defects.record_key,
            'value': case when not defects.is_masked then coalesce(defects.value, defects.raw) end,
            'value_hidden': defects.is_masked,
            'severity': defects.severity,
            'severity_vi': coalesce(severities.vi, defects.severity),
            'severity_en': coalesce(severities.en, defects.severity),
            'message_vi': if(defects.is_masked, defects.title_vi, defects.message_vi),
            'message_en': if(defects.is_masked, defects.title_en, defects.message_en),
            'expected_vi': defects.expected_vi,
            'expected_en': defects.expected_en,
            'remedy_vi': defects.remedy_vi,
            'remedy_en': defects.remedy_en,
            'responsibility': defects.responsibility,
            'responsibility_vi': coalesce(who.vi, defects.responsibility),
            'responsibility_en': coalesce(who.en, defects.responsibility),
            'check_id': defects.check_id,
            'reject_id': defects.reject_id
        } order by
            defects.severity, coalesce(datasets.place, 99), named.original_name, defects.delivery_id,
            defects.record nulls first, defects.check_id) as rows,
        count(*) filter (where defects.severity = 'error') as errors,
        count(*) filter (where defects.severity = 'warn') as warns
    from defect_rows as defects
    left join named on defects.delivery_id = named.delivery_id
    left join datasets on defects.dataset = datasets.dataset
    left join severities on defects.severity = severities.key
    left join responsibilities as who on defects.responsibility = who.key
    group by defects.source, defects.report_date
),

of_open as (
    select
        still_open.source,
        still_open.business_date,
        list({
            'dataset': still_open.dataset,
            'dataset_vi': datasets.name_vi,
            'record_key': still_open.record_key,
            'column': still_open.column_name,
            'column_vi': labels.label,
            'first_seen_on': strftime(still_open.first_seen_on, '%d/%m/%Y'),
            'last_seen_on': strftime(still_open.last_seen_on, '%d/%m/%Y'),
            'days_open': still_open.business_date - still_open.first_seen_on,
            'message_vi': coalesce(rules.title_vi, still_open.check_id),
            'message_en': coalesce(rules.title_en, still_open.check_id),
            'remedy_vi': rules.remedy_vi,
            'remedy_en': rules.remedy_en,
            'check_id': still_open.check_id,
            'last_reject_id': still_open.last_reject_id
        } order by
            still_open.first_seen_on, coalesce(datasets.place, 99), still_open.record_key, still_open.check_id,
            still_open.reject_history_id) as still_open
    from still_open
    semi join wanted on still_open.source = wanted.source and still_open.business_date = wanted.business_date
    left join datasets on still_open.dataset = datasets.dataset
    left join labels on still_open.dataset = labels.dataset and still_open.column_name = labels.column_name
    left join rules on still_open.check_id = rules.check_id
    group by still_open.source, still_open.business_date
),

of_anomalies as (
    select
        source,
        business_date,
        list({
            'dataset': dataset,
            'measure': measure,
            'column': nullif(column_name, ''),
            'code': nullif(code, ''),
            'message_vi': message_vi,
            'message_en': message_en
        } order by dataset, measure, column_name, code) as anomalies
    from mart_quality_anomaly
    semi join wanted using (source, business_date)
    group by source, business_date
),

scores as (
    select *
    from mart_quality_summary
    where level = 'source'
),

joined as (
    select
        days.*,
        bodies.name as organisation,
        scores.completeness,
        scores.timeliness,
        scores.validity,
        scores.uniqueness,
        scores.consistency,
        scores.overall,
        coalesce(scores.colour, 'grey') as colour,
        coalesce(of_deliveries.deliveries, []) as deliveries,
        coalesce(of_rows.rows, []) as rows,
        coalesce(of_rows.errors, 0) as errors,
        coalesce(of_rows.warns, 0) as warns,
        coalesce(of_open.still_open, []) as still_open,
        coalesce(of_anomalies.anomalies, []) as anomalies,
        coalesce(bodies.name || ' (' || days.source || ')', days.source) as who,
        strftime(days.business_date, '%d/%m/%Y') as day
    from of_datasets as days
    left join bodies on days.organisation_code = bodies.organisation_code
    left join scores on days.source = scores.code and days.business_date = scores.business_date
    left join of_deliveries on days.source = of_deliveries.source and days.business_date = of_deliveries.business_date
    left join of_rows on days.source = of_rows.source and days.business_date = of_rows.business_date
    left join of_open on days.source = of_open.source and days.business_date = of_open.business_date
    left join of_anomalies on days.source = of_anomalies.source and days.business_date = of_anomalies.business_date
)

select
    cast(to_json({
        'source': source,
        'organisation_code': organisation_code,
        'organisation': organisation,
        'business_date': strftime(business_date, '%Y-%m-%d'),
        'receipt_vi':
            day || ' – ' || who || ': '
            || case
                when len(deliveries) = 0 then 'không có lần gửi nào'
                else format(
                    'nhận {:t.} lần gửi, {:t.} dòng: {:t.} được nhận, {:t.} bị từ chối, {:t.} trùng, {:t.} có cảnh báo',
                    len(deliveries), rows_received, rows_accepted, rows_rejected, rows_duplicate, rows_warned
                )
            end
            || case when rows_held > 0 then format(', {:t.} tạm giữ', rows_held) else '' end
            || coalesce('; bị từ chối: ' || refused_vi, '')
            || coalesce('; muộn: ' || late_vi, '')
            || coalesce('; chưa nhận được: ' || missing_vi, '')
            || case when len(still_open) > 0 then format('; còn {:t.} lỗi cũ chưa sửa', len(still_open)) else '' end
            || coalesce('; điểm chất lượng ' || replace(format('{:.2f}', overall), '.', ','), '')
            || '.',
        'receipt_en':
            day || ' – ' || source || ': '
            || case
                when len(deliveries) = 0 then 'no delivery'
                else format(
                    'deliveries: {}, rows: {}, {} accepted, {} refused, {} repeated, {} warned',
                    len(deliveries), rows_received, rows_accepted, rows_rejected, rows_duplicate, rows_warned
                )
            end
            || case when rows_held > 0 then format(', {} held', rows_held) else '' end
            || coalesce('; refused: ' || refused_en, '')
            || coalesce('; late: ' || late_en, '')
            || coalesce('; missing: ' || missing_en, '')
            || case when len(still_open) > 0 then format('; {} older defects still open', len(still_open)) else '' end
            || coalesce('; score of quality ' || format('{:.2f}', overall), '')
            || '.',
        'score': {
            'overall': round(overall, 4),
            'completeness': round(completeness, 4),
            'timeliness': round(timeliness, 4),
            'validity': round(validity, 4),
            'uniqueness': round(uniqueness, 4),
            'consistency': round(consistency, 4),
            'colour': colour
        },
        'defects': {'refused': errors, 'warned': warns, 'still_open': len(still_open)},
        'datasets': datasets,
        'deliveries': deliveries,
        'rows': rows,
        'still_open': still_open,
        'anomalies': anomalies
    }) as varchar) as report
from joined
order by source, business_date;
