"""SQL that makes the small country of ``publish_marts`` attack whoever reads it."""

from __future__ import annotations

HOSTILE = "Đổi\r\nBcc: ai@do.vn <script>alert(1)</script> \u202e" + "rất dài " * 400
FORMULA = "=cmd|' /C calc'!A0"

# Titles and a name that attack, three tasks of a commune newly overdue, feedback of few.
EXTRA = f"""
    update marts.dim_task set title = '{HOSTILE}', product = '{HOSTILE}';
    update marts.dim_organisation set name = 'Phường\nBcc: ai@do.vn' || name
        where organisation_code = '00004';
    update marts.dim_task set due_on = getvariable('as_of') - 2 where lead_code = '00004';
    update marts.fct_task_status set status_class = 'open_overdue', days_late = 2,
        is_completed = false where lead_code = '00004';
    update marts.mart_scorecard as card set completed_on_time = n.a, completed_late = n.b,
        completed_undated = n.c, open_in_term = n.d, open_overdue = n.e, open_undated = n.f
    from (select organisation_code, count(*) filter (status_class = 'completed_on_time') as a,
            count(*) filter (status_class = 'completed_late') as b,
            count(*) filter (status_class = 'completed_undated') as c,
            count(*) filter (status_class = 'open_in_term') as d,
            count(*) filter (status_class = 'open_overdue') as e,
            count(*) filter (status_class = 'open_undated') as f
        from (select lead_code as organisation_code, task_key from marts.fct_task_status
            union all select 'VN', task_key from marts.fct_task_status)
        inner join marts.fct_task_status using (task_key) group by organisation_code) as n
    where card.organisation_code = n.organisation_code and n.organisation_code in ('VN', '00004');
    delete from marts.dim_indicator;
    insert into marts.dim_indicator (indicator_code, name, unit, lead_code)
        values ('CT-1', '{FORMULA.replace("'", "''")}', '%', 'VN');
    delete from marts.mart_feedback;
    insert into marts.mart_feedback by name
        select getvariable('as_of') as as_of_date, code as organisation_code, kind, received,
            received as answered, received as answered_on_time, 0 as open, 0 as open_overdue
        from (values ('00004', 'feedback', 2), ('20194', 'feedback', 6),
            ('00008', 'feedback', 9), ('20194', 'solution', 1), ('00008', 'solution', 4),
            ('00004', 'solution', 7)) as few (code, kind, received);
"""
