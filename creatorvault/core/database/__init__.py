"""Sessions, single statements, connections and transient errors."""
