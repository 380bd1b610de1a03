"""The models as of past moments: backtests, and what the ranker learns from."""
