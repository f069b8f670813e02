{{ quality_rolled_up(ref('mart_quality'), 'business_date') }}
