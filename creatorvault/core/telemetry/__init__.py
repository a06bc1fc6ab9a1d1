"""Request context, logs, alerts and traces."""
