"""The queue holds no content, and ordinary writes have nothing to do with it."""

from tests.bulk import bulk  # noqa: F401
