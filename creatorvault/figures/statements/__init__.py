"""SQL of figures over time."""
