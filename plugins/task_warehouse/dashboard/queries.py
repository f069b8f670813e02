"""The SQL behind the pages. Each statement takes ``$day``, the as-of date of the snapshot."""

from __future__ import annotations

SCORECARD = """
    select scored.*, coalesce(organisations.name, scored.organisation_code) as name,
        coalesce(organisations.name_en, scored.organisation_code) as name_en,
        organisations.parent_code
    from marts.mart_scorecard as scored
    left join marts.dim_organisation as organisations
        on scored.organisation_code = organisations.organisation_code and organisations.is_current
    where scored.as_of_date = $day
    order by scored.rank_in_kind nulls last, scored.tasks desc, scored.organisation_code
"""

REPORTING = """
    select reported.*, coalesce(organisations.name, reported.source) as name,
        coalesce(organisations.name_en, reported.source) as name_en
    from marts.mart_reporting as reported
    left join marts.dim_organisation as organisations
        on reported.organisation_code = organisations.organisation_code
        and organisations.is_current
    where reported.is_latest and reported.business_date <= $day
    order by reported.source, reported.dataset
"""

# Of each source and dataset the newest refused rows, as long as its latest delivery has some.
NEWEST_REFUSED = f"""
    latest as ({REPORTING}),
    newest as (
        select rejects.*
        from marts.mart_reject as rejects
        inner join latest using (source, dataset)
        where latest.rows_rejected > 0
        qualify dense_rank() over (
            partition by source, dataset order by rejects.business_date desc
        ) = 1
    )
"""

CAUSES = f"""
    with {NEWEST_REFUSED}
    select check_id, dataset, responsibility, min(coalesce(message_vi, check_id)) as message_vi,
        min(coalesce(message_en, check_id)) as message_en, count(*) as findings,
        count(distinct source) as sources
    from newest
    group by check_id, dataset, responsibility
    order by findings desc, check_id, dataset
"""

DIFFERENCES = """
    select declared.*, coalesce(organisations.name, declared.source) as name,
        coalesce(organisations.name_en, declared.source) as name_en
    from marts.mart_reconciliation as declared
    left join (
        select source, any_value(organisation_code) as organisation_code
        from marts.mart_reporting group by source
    ) as senders on declared.source = senders.source
    left join marts.dim_organisation as organisations
        on senders.organisation_code = organisations.organisation_code and organisations.is_current
    where declared.business_date <= $day
    qualify declared.business_date = max(declared.business_date) over (
        partition by declared.source, declared.dataset
    )
    order by declared.source, declared.dataset, declared.measure
"""

# {owned}: owner and task_key with status. {stuck}: task_key, difficulty and who can unblock.
TASKS = """
    with status as (
        select * from marts.fct_task_status where as_of_date = $day
    ),
    led as (
        select distinct task_key, organisation_code
        from marts.bridge_task_organisation
        where role in ('lead', 'co_lead') and organisation_code != 'VN'
    ),
    owned as ({owned}),
    placed as (
        select owned.*,
            row_number() over (
                partition by owner, list_name
                order by days_late desc nulls last, due_on nulls last, task_key
            ) as place
        from owned
    ),
    listed as (select * from placed where place <= {limit}),
    leads as (
        select led.task_key,
            string_agg(organisations.name, '; ' order by led.organisation_code) as leads,
            string_agg(organisations.name_en, '; ' order by led.organisation_code) as leads_en
        from led
        inner join (select distinct task_key from listed) as few on led.task_key = few.task_key
        inner join marts.dim_organisation as organisations
            on led.organisation_code = organisations.organisation_code and organisations.is_current
        group by led.task_key
    ),
    stuck as ({stuck})
    select listed.owner, listed.list_name, status.status_class, status.completed_on,
        status.percent_complete, status.last_reported_on, status.days_late, status.is_suspended,
        tasks.task_code, tasks.source, tasks.title, tasks.document_code, tasks.lead_text,
        tasks.deadline_text, tasks.due_on,
        coalesce(status.last_delivery_id, tasks.delivery_id) as delivery_id,
        coalesce(status.last_line, tasks.line) as line,
        coalesce(leads.leads, tasks.lead_code) as leads,
        coalesce(leads.leads_en, tasks.lead_code) as leads_en,
        stuck.difficulty, stuck.unblocked_by, stuck.unblocked_by_en
    from listed
    inner join status on listed.task_key = status.task_key
    inner join marts.dim_task as tasks on listed.task_key = tasks.task_key
    left join leads on listed.task_key = leads.task_key
    left join stuck on listed.task_key = stuck.task_key
    order by listed.owner, listed.list_name, listed.place
"""

STUCK = """
    select bottlenecks.task_key, bottlenecks.difficulty, freeing.name as unblocked_by,
        freeing.name_en as unblocked_by_en
    from marts.mart_bottleneck as bottlenecks
    left join marts.dim_organisation as freeing
        on bottlenecks.unblocked_by_code = freeing.organisation_code and freeing.is_current
    where bottlenecks.as_of_date = $day
"""

# Of a snapshot that has no bottlenecks.
NOTHING_STUCK = """
    select null::varchar as task_key, null::varchar as difficulty, null::varchar as unblocked_by,
        null::varchar as unblocked_by_en where false
"""

BY_BODY = """
    select led.organisation_code as owner, status.status_class as list_name, status.task_key,
        status.days_late, tasks.due_on
    from status
    inner join led on status.task_key = led.task_key
    inner join marts.dim_task as tasks on status.task_key = tasks.task_key
"""

BY_CLASS = """
    with few as (
        select status.*, tasks.due_on as task_due_on
        from status inner join marts.dim_task as tasks on status.task_key = tasks.task_key
    )
    select status_class as owner, status_class as list_name, task_key, days_late,
        task_due_on as due_on
    from few
    union all
    select 'due_in_7_days', 'due_in_7_days', task_key, days_late, task_due_on
    from few where days_to_due between 0 and 7
    union all
    select 'never_reported', 'never_reported', task_key, days_late, task_due_on
    from few where not is_completed and report_count = 0
"""

# A document with everything that carries it out, at any depth, as mart_document_cascade counts it.
BY_DOCUMENT = """
    with recursive under as (
        select code as owner, code as document_code
        from unnest($documents::varchar[]) as listed (code)
        union
        select under.owner, below.document_code
        from under inner join marts.dim_document as below
            on under.document_code = below.parent_document_code
    )
    select under.owner, status.status_class as list_name, status.task_key, status.days_late,
        tasks.due_on
    from status
    inner join marts.dim_task as tasks on status.task_key = tasks.task_key
    inner join under on tasks.document_code = under.document_code
"""

# Whose deliveries stand behind the tasks of a body.
SOURCES_BEHIND = """
    select distinct led.organisation_code, tasks.source
    from marts.bridge_task_organisation as led
    inner join marts.dim_task as tasks on led.task_key = tasks.task_key
    inner join marts.fct_task_status as status on led.task_key = status.task_key
    where led.role in ('lead', 'co_lead') and status.as_of_date = $day
    order by all
"""

# Open tasks with a deadline by the month it falls in, and tasks by document, of each body.
DEADLINES = """
    with led as (
        select distinct task_key, organisation_code from marts.bridge_task_organisation
        where role in ('lead', 'co_lead') and organisation_code != 'VN'
    )
    select led.organisation_code, date_trunc('month', tasks.due_on)::date as month,
        count(*) as tasks
    from led
    inner join marts.fct_task_status as status on led.task_key = status.task_key
    inner join marts.dim_task as tasks on led.task_key = tasks.task_key
    where status.as_of_date = $day and status.status_class = 'open_in_term'
    group by all
    order by all
"""

BODY_DOCUMENTS = """
    with led as (
        select distinct task_key, organisation_code from marts.bridge_task_organisation
        where role in ('lead', 'co_lead') and organisation_code != 'VN'
    )
    select led.organisation_code, tasks.document_code, count(*) as tasks,
        count(*) filter (status.is_completed) as completed,
        count(*) filter (status.status_class = 'open_overdue') as open_overdue
    from led
    inner join marts.fct_task_status as status on led.task_key = status.task_key
    inner join marts.dim_task as tasks on led.task_key = tasks.task_key
    where status.as_of_date = $day and tasks.document_code is not null
    group by led.organisation_code, tasks.document_code
    qualify row_number() over (
        partition by led.organisation_code order by count(*) desc, tasks.document_code
    ) <= 8
    order by led.organisation_code, tasks desc, tasks.document_code
"""

NEWEST = """
    select max(received_at) from marts.mart_reporting
    where rows_accepted > 0 and business_date <= $day
"""

DISAGREEING = """
    with led as (
        select distinct task_key, organisation_code
        from marts.bridge_task_organisation
        where role in ('lead', 'co_lead') and organisation_code != 'VN'
        union all
        select task_key, 'VN' from marts.fct_task_status where as_of_date = $day
    ),
    listed as (
        select organisation_code, status_class, count(*) as tasks
        from marts.fct_task_status inner join led using (task_key)
        inner join marts.dim_task using (task_key)
        where as_of_date = $day
        group by organisation_code, status_class
    ),
    scored as (
        unpivot (
            select organisation_code, completed_on_time, completed_late, completed_undated,
                open_in_term, open_overdue, open_undated
            from marts.mart_scorecard where as_of_date = $day
        ) on columns(* exclude (organisation_code)) into name status_class value tasks
    )
    select organisation_code, status_class, coalesce(scored.tasks, 0), coalesce(listed.tasks, 0)
    from scored full join listed using (organisation_code, status_class)
    where coalesce(scored.tasks, 0) != coalesce(listed.tasks, 0)
    order by all
    limit 5
"""
