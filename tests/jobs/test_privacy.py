"""The queue holds no content, and ordinary writes have nothing to do with it."""

import re
from collections.abc import Iterator

import asyncpg
import pytest

from tests.application import House
from tests.bulk import bulk  # noqa: F401
from tests.canaries import Mark, search
from tests.factories import Creator
from tests.jobs.conftest import Jobs, Marks, Start
from tests.statement_rules import Recorder
