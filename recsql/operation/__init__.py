"""A refresh from beginning to end, and what surrounds it: lock, hooks, history."""
