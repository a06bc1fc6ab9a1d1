"""Earlier versions of ideas and deleted ideas: how they are sealed, and that none is missing."""
