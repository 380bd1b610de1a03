"""What `import recsql` offers: a project on disk, and what can be done with it."""
