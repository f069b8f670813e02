{{ current_rows('indicator_values', ['indicator_code', 'organisation_text', 'period', 'breakdown']) }}
