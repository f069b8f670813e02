-- What each text about a difficulty speaks of, by the words of a reviewed list. The heaviest words
-- decide, then those that stand first, then the longer ones; which they were is kept. Words are
-- whole words. A few need their marks; the others are found without them too.
with latest as (
    select * from {{ ref('int_reports__latest') }}
),

texts as (
    select difficulty as text from {{ ref('int_reports__difficulties') }}
    where difficulty is not null
    union
    select proposal from latest
    where proposal is not null
    union
    select result from latest
    -- What was done names many things; only a wait is of interest in it.
    where contains(lower(nfc_normalize(result)), 'chờ') and said is distinct from 'completed'
),

spaced as (
    select
        text,
        ' ' || {{ spaced_words('text') }} || ' ' as words_found,
        {{ without_marks("' ' || " ~ spaced_words('text') ~ " || ' '") }} as bare_found
    from texts
),

words as (
    select
        words,
        reason,
        weight,
        marks,
        ' ' || words || ' ' as exact,
        {{ without_marks("' ' || words || ' '") }} as bare
    from {{ ref('bottleneck_words') }}
),

matches as (
    select
        spaced.text,
        words.words,
        words.reason,
        words.weight,
        case
            when words.marks = 'drop' then strpos(spaced.bare_found, words.bare)
            else strpos(spaced.words_found, words.exact)
        end as place,
        -- "Không" alone says that there is none; within a sentence it says something else.
        trim(spaced.bare_found) = trim(words.bare) as is_whole
    from spaced
    inner join words
        on
            (words.marks = 'drop' and contains(spaced.bare_found, words.bare))
            or (words.marks = 'keep' and contains(spaced.words_found, words.exact))
),

telling as (
    select *
    from matches
    where reason != 'none' or is_whole or (words like '% % %' and place = 1)
),

decided as (
    select
        text,
        arg_min(reason, (-weight, place, -length(words))) as reason,
        arg_min(words, (-weight, place, -length(words))) as reason_words,
        bool_or(reason = 'other_body' and weight >= 2) as is_waiting
    from telling
    group by text
),

texts_read as (
    select
        spaced.text,
        coalesce(decided.reason, 'other') as reason,
        decided.reason_words,
        coalesce(decided.is_waiting, false) as is_waiting,
        trim(spaced.words_found) = '' or coalesce(decided.reason = 'none', false) as says_none
    from spaced
    left join decided on spaced.text = decided.text
)

select * from texts_read
