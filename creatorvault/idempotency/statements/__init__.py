"""SQL on stored results."""
