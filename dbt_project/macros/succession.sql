{#- Words by which a report or a title says that one task took the place of others. -#}
{% macro words_of_succession() -%}
    (gộp|ghép|hợp nhất|sáp nhập|nhập chung|tách|chia|thay thế|thay bằng)
{%- endmacro %}

{#- What may stand between those words and the codes, and the codes: anything that holds a digit. -#}
{% macro named_codes() -%}
    ((?:nhiệm vụ|công việc|việc|các|nv|số|mã|và|từ|[,:&()"“”]|\s|[^\s,;:&()"“”]*\d[^\s,;:&()"“”]*)+)
{%- endmacro %}

{#- Of a report of the task that ends: the deciding words, and the codes of those that take over. -#}
{% macro report_of_succession(text) -%}
    regexp_extract(
        lower(nfc_normalize({{ text }})),
        '((?:(?:gộp|ghép|hợp nhất|sáp nhập|nhập)(?: chung)? (?:vào|với|thành)|(?:tách|chia)(?: ra)? thành'
        || '|(?:được )?thay(?: thế)? bằng))\s+{{ named_codes() }}',
        ['words', 'codes']
    )
{%- endmacro %}

{#- Of the title of the task that takes over: the deciding words, and the codes of those that ended. -#}
{% macro title_of_succession(text) -%}
    regexp_extract(
        lower(nfc_normalize({{ text }})),
        '((?:gộp|ghép|hợp nhất|sáp nhập)(?: từ)?|(?:tách|chia)(?: ra)? từ|thay thế(?: cho)?)\s+{{ named_codes() }}',
        ['words', 'codes']
    )
{%- endmacro %}

{#- The codes among those words, without the full stop of a sentence. -#}
{% macro codes_named(words) -%}
    list_distinct(list_transform(
        regexp_extract_all({{ words }}, '[^\s,;:&()"“”]*\d[^\s,;:&()"“”]*'), lambda code: rtrim(code, '.')
    ))
{%- endmacro %}

{% macro kind_of_succession(words) -%}
    case
        when regexp_matches({{ words }}, 'tách|chia') then 'split'
        when contains({{ words }}, 'thay') then 'replaced'
        else 'merged'
    end
{%- endmacro %}
