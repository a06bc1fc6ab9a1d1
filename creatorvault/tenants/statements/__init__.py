"""The SQL of tenants and vaults, each text once."""
