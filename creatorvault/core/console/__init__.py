"""What apps declare for the operators' console."""
