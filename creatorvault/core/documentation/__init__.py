"""The documentation pages, served without third-party hosts."""
