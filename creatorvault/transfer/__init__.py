"""Moving in and out: exports and imports of vaults."""
