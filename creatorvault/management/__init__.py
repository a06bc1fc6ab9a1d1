"""Commands, checks and database upgrades. Nothing here runs in a request."""
