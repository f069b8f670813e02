{{ current_rows('documents', ['document_code']) }}
