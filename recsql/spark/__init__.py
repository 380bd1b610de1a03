"""A plan on Spark: a session, functions on its executors, tables and versions."""
