{#- Columns that are shares of a whole lie between 0 and 1, where they are known at all. -#}
{% test shares_of_one(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ "or " if not loop.first }}not {{ column }} between 0 and 1{% endfor %}
{% endtest %}
