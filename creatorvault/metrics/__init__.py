"""Prometheus metrics of requests and of the process's parts. They never contain an id of a user or a tenant."""
