{#-
  What a report says, for comparing it with another: lower case, without dates, periods and
  punctuation. Formalistic reports change only those. Other numbers stay: they are what was done.
-#}
{% macro report_words(text) -%}
    trim(regexp_replace(regexp_replace(regexp_replace(lower(nfc_normalize({{ text }})),
        '(ngày|tháng|quý|năm|tuần|kỳ) +(\d+([/.-]\d+)*|[ivx]+)', ' ', 'g'),
        '\d{1,2}[/.-]\d{1,2}([/.-]\d{2,4})?', ' ', 'g'),
        '[^\p{L}\p{N}]+', ' ', 'g'))
{%- endmacro %}

{#- Letters without marks, for words that mean the same with and without them. -#}
{% macro without_marks(text) -%}
    replace(strip_accents(lower(nfc_normalize({{ text }}))), 'đ', 'd')
{%- endmacro %}

{#- Whether a cell for evidence holds a number or name, not the words for having none. -#}
{% macro is_evidence(text) -%}
    coalesce(
        {{ without_marks(text) }}
        not similar to '[ .-]*|(khong|chua|dang|se)( |$).*|n/?a|(theo|kem) (bao cao|file|tep)( dinh kem)?',
        false
    )
{%- endmacro %}

{#- Findings that are about one task, in the order of mart_substance. -#}
{% macro task_findings() -%}
    {{ return([
        'completed_without_evidence', 'evidence_reused', 'percent_fell', 'text_repeated',
        'label_disagrees', 'deadline_moved_after_due', 'reopened', 'silent', 'vanished',
    ]) }}
{%- endmacro %}

{#- The words of a text with one space between them: no punctuation, and no "và" between names. -#}
{% macro spaced_words(text) -%}
    trim(regexp_replace(regexp_replace(
        lower(nfc_normalize({{ text }})), '[^\p{L}\p{N}&]+', ' ', 'g'), ' (và )+', ' ', 'g'))
{%- endmacro %}
