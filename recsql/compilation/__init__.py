"""From templates to a checked plan: Jinja, sqlglot, the DAG, Spark's dialect."""
