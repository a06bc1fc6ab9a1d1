"""A page that shows in a minute what the service does: /try, in development only."""
