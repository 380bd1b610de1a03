"""recsql: a SQL-native recommender that lives inside the warehouse."""

__version__ = "0.1.0"
