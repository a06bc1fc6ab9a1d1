"""SQL statements of tenants and vaults."""
