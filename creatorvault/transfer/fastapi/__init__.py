"""Moves the ideas of the plaintext FastAPI service into vaults."""
