-- Bodies that a text about a difficulty names, in the order in which it names them. Only names of
-- the seeds count, as whole words, the longest at each place.
with texts as (
    select text from {{ ref('int_difficulties__read') }}
    where not says_none
),

spaced as (
    select text, string_split({{ spaced_words(normalised('text')) }}, ' ') as words
    from texts
),

words as (
    select text, words, unnest(range(1, len(words) + 1)) as place
    from spaced
),

bodies as (
    select organisation_code, kind
    from {{ ref('int_organisations__as_of') }}
    where is_current and kind in ('ministry', 'agency', 'province')
),

names as (
    select
        aliases.organisation_code,
        string_split({{ spaced_words("replace(aliases.name_key, '|', ' ')") }}, ' ') as words
    from {{ ref('int_organisations__aliases') }} as aliases
    inner join bodies on aliases.organisation_code = bodies.organisation_code
    where aliases.scope_code is null
),

found as (
    select
        words.text,
        words.place,
        names.organisation_code,
        len(names.words) as name_length
    from words
    inner join names
        on
            words.words[words.place] = names.words[1]
            and words.words[words.place:words.place + len(names.words) - 1] = names.words
    qualify row_number() over (
            partition by words.text, words.place order by len(names.words) desc, names.organisation_code
        ) = 1
),

-- A name within a longer name ("Huế" in "thành phố Huế") is not another body.
apart as (
    select *
    from found
    qualify coalesce(
            max(place + name_length) over (
                partition by text order by place rows between unbounded preceding and 1 preceding
            ), 0
        ) <= place
),

listed as (
    select text, list(organisation_code order by place) as organisation_codes
    from apart
    group by text
)

select * from listed
