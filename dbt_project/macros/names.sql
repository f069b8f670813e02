{#-
  Names are compared in NFC, lower case, with single spaces. Beyond case and spaces only writing
  habits that carry no meaning are levelled: the place of a tone mark (hoá, hóa), dashes, the
  written-out and short forms of "People's Committee", "city" and "central". Nothing is guessed.
-#}
{% macro normalised(text) -%}
    {%- set sql = namespace(text="lower(nfc_normalize(" ~ text ~ "))") -%}
    {%- for old, new in [
        ("oá", "óa"), ("oà", "òa"), ("oả", "ỏa"), ("oã", "õa"), ("oạ", "ọa"),
        ("oé", "óe"), ("oè", "òe"), ("oẻ", "ỏe"), ("oẽ", "õe"), ("oẹ", "ọe"),
        ("uý", "úy"), ("uỳ", "ùy"), ("uỷ", "ủy"), ("uỹ", "ũy"), ("uỵ", "ụy"),
        ("–", "-"), ("—", "-"), ("ủy ban nhân dân", "ubnd"),
    ] -%}
        {%- set sql.text = "replace(" ~ sql.text ~ ", '" ~ old ~ "', '" ~ new ~ "')" -%}
    {%- endfor -%}
    {%- set sql.text = "replace(" ~ sql.text ~ ", chr(160), ' ')" -%}
    {%- for old, new in [
        ("\\s*-\\s*", "-"), ("\\s+", " "), ("^[ -]+|[ .:-]+$", ""),
        ("^(ubnd )?t\\.?p(\\. ?| )", "\\1thành phố "), ("\\btw\\b", "trung ương"),
    ] -%}
        {%- set sql.text = "regexp_replace(" ~ sql.text ~ ", '" ~ old ~ "', '" ~ new ~ "', 'g')" -%}
    {%- endfor -%}
    {{ sql.text }}
{%- endmacro %}

{#- What separates the members of a list of bodies, and also stands inside the names of some. -#}
{% macro list_separator() -%}
    '(?i)\s*,\s*và\s+|\s*,\s*|\s+và\s+'
{%- endmacro %}

{#- A name as it is looked up: its atoms, normalised, joined by a bar. -#}
{% macro name_key(text) -%}
    array_to_string(
        list_transform(
            string_split_regex({{ text }}, {{ list_separator() }}), lambda atom: {{ normalised("atom") }}
        ),
        '|'
    )
{%- endmacro %}
