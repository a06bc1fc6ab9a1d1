"""What Prometheus reads: how requests fare, and figures of the process's parts. Never an id of a user or a tenant."""
