"""The documentation pages, complete without any other host."""
