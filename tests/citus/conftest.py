"""Tests of a real Citus cluster, which CREATORVAULT_TEST_DATABASE names (tests/foreign.py)."""

from tests.foreign import ADDRESS, DISTRIBUTED

collect_ignore_glob = [] if ADDRESS and DISTRIBUTED else ["test_*.py"]
