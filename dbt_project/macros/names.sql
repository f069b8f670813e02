{#-
  Names are compared in NFC, lower case, with single spaces. Beyond case and spaces only writing
  habits that carry no meaning are levelled: the place of a tone mark (hoá, hóa), dashes, the
  written-out and short forms of "People's Committee", "city" and "central". Of a code the body is
  taken: `000.00.00.H41` (QCVN 102:2016) is H41, and `G12.18` a unit of G12. Nothing is guessed.
-#}
{% macro normalised(text) -%}
    {%- set tones = [
        "oá→óa", "oà→òa", "oả→ỏa", "oã→õa", "oạ→ọa", "oé→óe", "oè→òe", "oẻ→ỏe", "oẽ→õe", "oẹ→ọe",
        "uý→úy", "uỳ→ùy", "uỷ→ủy", "uỹ→ũy", "uỵ→ụy",
    ] -%}
    {%- set lowered = "lower(nfc_normalize(" ~ text ~ "))" -%}
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(replace(
        case
            when regexp_matches({{ lowered }}, 'o[áàảãạéèẻẽẹ]|u[ýỳỷỹỵ]')
                then list_reduce(
                    ['{{ tones | join("', '") }}'],
                    lambda done, pair: replace(done, split_part(pair, '→', 1), split_part(pair, '→', 2)),
                    {{ lowered }}
                )
            else {{ lowered }}
        end,
        'ủy ban nhân dân', 'ubnd'),
        '\s*[-–—]\s*', '-', 'g'), '[\s\x{a0}]+', ' ', 'g'), '^[ -]+|[ .:-]+$', '', 'g'),
        '^(ubnd )?t\.?p(\. ?| )', '\1thành phố '), '\btw\b', 'trung ương', 'g'),
        '^(\d{3}\.\d{2}\.\d{2}\.)?([gh]\d{2})(\.\d{2,3})*$', '\2')
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
