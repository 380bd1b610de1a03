"""`recsql serve`: answers over HTTP from the published version, and what it showed."""
