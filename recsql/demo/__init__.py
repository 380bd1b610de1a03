"""`recsql demo`: real groceries, and a generated A/B test."""
