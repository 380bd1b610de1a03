"""What a person reads while recsql works: progress, tables, JSON logs."""
