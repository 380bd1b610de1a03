"""A plan on DuckDB: tables loaded, models built, data and unit tests run."""
