"""The operators' console: pages over the admin API, for a browser."""
