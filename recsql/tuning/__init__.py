"""`recsql tune`: spaces, trials and searches for better settings."""
