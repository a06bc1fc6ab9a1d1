"""Commands, checks and what prepares a database. Nothing here runs in a request."""
