with split as (
    select * from {{ ref('int_organisation_texts__split') }}
),

aliases as (
    select * from {{ ref('int_organisations__aliases') }}
),

starts as (
    select *, unnest(range(1, len(atoms) + 1)) as first_atom
    from split
),

-- Longer than any name in the seeds: eight ministries' worth of commas stay apart.
runs as (
    select *, unnest(range(first_atom, least(first_atom + 8, len(atoms) + 1))) as last_atom
    from starts
),

candidates as (
    select
        runs.organisation_text,
        runs.scope_code,
        runs.segment_no,
        runs.first_atom,
        runs.last_atom,
        coalesce(near.named_code, far.named_code) as named_code,
        if(near.name_key is null, far.named_from, near.named_from) as named_from,
        coalesce(near.organisation_code, far.organisation_code) as organisation_code
    from runs
    left join aliases as near
        on
            array_to_string(runs.atom_keys[runs.first_atom:runs.last_atom], '|') = near.name_key
            and runs.scope_code = near.scope_code
    left join aliases as far
        on
            array_to_string(runs.atom_keys[runs.first_atom:runs.last_atom], '|') = far.name_key
            and far.scope_code is null
    where near.name_key is not null or far.name_key is not null
),

longest as (
    select *
    from candidates
    qualify coalesce(
            max(last_atom) over (
                partition by organisation_text, scope_code, segment_no
                order by first_atom asc, last_atom desc
                rows between unbounded preceding and 1 preceding
            ), 0
        ) < last_atom
),

matched as (
    select *
    from longest
    qualify coalesce(
            max(last_atom) over (
                partition by organisation_text, scope_code, segment_no
                order by first_atom
                rows between unbounded preceding and 1 preceding
            ), 0
        ) < first_atom
),

unmatched as (
    select starts.*
    from starts
    left join matched
        on
            starts.organisation_text = matched.organisation_text
            and starts.scope_code is not distinct from matched.scope_code
            and starts.segment_no = matched.segment_no
            and starts.first_atom between matched.first_atom and matched.last_atom
    where matched.organisation_text is null and starts.atom_keys[starts.first_atom] != ''
),

islands as (
    select
        *,
        first_atom - row_number() over (
            partition by organisation_text, scope_code, segment_no order by first_atom
        ) as island
    from unmatched
),

leftovers as (
    select
        organisation_text,
        scope_code,
        segment_no,
        min(first_atom) as first_atom,
        max(first_atom) as last_atom,
        cast(null as varchar) as named_code,
        cast(null as date) as named_from,
        'UNRESOLVED' as organisation_code
    from islands
    group by organisation_text, scope_code, segment_no, island
),

parts as (
    select * from matched
    union all
    select * from leftovers
),

worded as (
    select
        parts.organisation_text,
        parts.scope_code,
        parts.named_code,
        parts.named_from,
        parts.organisation_code,
        parts.organisation_code != 'UNRESOLVED' as is_resolved,
        -- The words as they stand in the text, separators and all.
        array_to_string(
            list_transform(
                range(parts.first_atom, parts.last_atom + 1),
                lambda n: split.atoms[n]
                || case when n < parts.last_atom then split.separators[n] else '' end
            ),
            ''
        ) as name_used,
        row_number() over (
            partition by parts.organisation_text, parts.scope_code
            order by parts.segment_no, parts.first_atom
        ) as part_no
    from parts
    inner join split
        on
            parts.organisation_text = split.organisation_text
            and parts.scope_code is not distinct from split.scope_code
            and parts.segment_no = split.segment_no
)

select * from worded
