"""The SQL of ideas, each text once."""
