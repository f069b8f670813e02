{#- A date from texts of year, month and day; null where they name no day (31/02) or no plausible year. -#}
{% macro date_of(year, month, day) -%}
    case
        when try_cast({{ year }} as integer) between 1945 and 2145
            then try_cast(
                {{ year }} || '-' || lpad({{ month }}, 2, '0') || '-' || lpad({{ day }}, 2, '0') as date
            )
    end
{%- endmacro %}

{#- Last day of a period `YYYY`, `YYYYQ`, `YYYYMM` or `YYYYMMDD`; null for anything else. -#}
{% macro period_end(period) -%}
    case length({{ period }})
        when 4 then {{ date_of(period, "'12'", "'31'") }}
        when 5
            then last_day({{ date_of(
                period ~ "[:4]", "cast(3 * try_cast(" ~ period ~ "[5:] as integer) as varchar)", "'1'"
            ) }})
        when 6 then last_day({{ date_of(period ~ "[:4]", period ~ "[5:]", "'1'") }})
        when 8 then {{ date_of(period ~ "[:4]", period ~ "[5:6]", period ~ "[7:]") }}
    end
{%- endmacro %}

{#- The first moment of a day in the country's own time. -#}
{% macro morning_of(day) -%}
    cast({{ day }} as timestamp) at time zone 'Asia/Ho_Chi_Minh'
{%- endmacro %}
