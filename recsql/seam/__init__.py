"""The one door between SQL and Python: `udfs` lists every function SQL may call."""
