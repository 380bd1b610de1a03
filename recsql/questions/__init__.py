"""What people ask of a project and its tables: `queries/`, listings, lineage."""
