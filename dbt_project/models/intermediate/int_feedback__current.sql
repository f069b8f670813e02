{{ current_rows('feedback', ['source', 'feedback_code']) }}
