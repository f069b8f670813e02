{#- A value against its target; columns target_operator, target, target_low, target_high, better. -#}
{% macro target_is_met(value) -%}
    case
        when target_operator = '>' then {{ value }} > target
        when target_operator = '<' then {{ value }} < target
        when target_operator = 'between' then {{ value }} between target_low and target_high
        when target_operator is null or target_operator = 'text' then null
        when better = 'lower' then {{ value }} <= target
        else {{ value }} >= target
    end
{%- endmacro %}

{#- Share of the target reached; of ranks and the like the target as a share of the value. -#}
{% macro target_attainment(value) -%}
    case
        when target_operator = 'between' and {{ value }} between target_low and target_high then 1
        when target_operator = 'between' and {{ value }} > target_high then target_high / nullif({{ value }}, 0)
        when better = 'lower' then target / nullif({{ value }}, 0)
        else {{ value }} / nullif(target, 0)
    end
{%- endmacro %}

{#- What an interval on the day of the target says; columns forecast_low, forecast_high. -#}
{% macro forecast_says() -%}
    case
        when target_operator = 'between'
            then case
                when forecast_low >= target_low and forecast_high <= target_high then 'on_course'
                when forecast_high < target_low or forecast_low > target_high then 'off_course'
                else 'uncertain'
            end
        when better = 'lower'
            then case
                when forecast_high <= target then 'on_course'
                when forecast_low > target then 'off_course'
                else 'uncertain'
            end
        when forecast_low >= target then 'on_course'
        when forecast_high < target then 'off_course'
        else 'uncertain'
    end
{%- endmacro %}

{#- No share beyond its whole, nothing counted below nothing; columns is_share, is_never_negative. -#}
{% macro within_bounds(value) -%}
    case
        when is_share then least(100, greatest(0, {{ value }}))
        when is_never_negative then greatest(0, {{ value }})
        else {{ value }}
    end
{%- endmacro %}
