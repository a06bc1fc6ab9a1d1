"""Privacy-first manager for content ideas."""

__version__ = "0.1.0"
