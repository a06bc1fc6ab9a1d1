"""The audit log: who did what to which ids, when, from where and with which outcome. Never content."""
