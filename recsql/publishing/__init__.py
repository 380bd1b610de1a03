"""What readers see: versions, their manifest and catalog, and where else they go."""
