-- What each source last owed or sent of each dataset, whenever that was; not what ended long ago.
{{ quality_rolled_up(
    "(select " ~ as_of_date() ~ " as as_of_date, * from " ~ ref('mart_quality') ~ " where is_latest"
    ~ " and business_date > " ~ as_of_date() ~ " - " ~ var('quality_standing_days') ~ ")",
    'as_of_date'
) }}
