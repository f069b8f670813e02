{{ current_rows('indicators', ['indicator_code']) }}
