"""The bounded mapping that caches are made of."""

from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.lru import LRU

OPERATIONS = st.lists(st.tuples(st.sampled_from(["put", "use", "peek", "pop"]), st.integers(0, 5)), max_size=60)


@given(st.integers(1, 4), OPERATIONS)
def test_the_least_recently_used_entry_is_evicted_first(size: int, operations: list[tuple[str, int]]) -> None:
    entries, expected = LRU[int, int](size), list[int]()
    for number, (operation, key) in enumerate(operations, start=1):
        match operation:
            case "put":
                entries.put(key, number)
                expected = [*(other for other in expected if other != key), key][-size:]
            case "use":
                assert (entries.use(key) is not None) == (key in expected)
                expected.sort(key=lambda other: other == key)
            case "peek":
                assert (entries.peek(key) is not None) == (key in expected)
            case "pop":
                assert (entries.pop(key) is not None) == (key in expected)
                expected = [other for other in expected if other != key]
        assert list(entries) == expected
        assert len(entries) == len(expected)
        assert (key in entries) == (key in expected)

    entries.clear()
    assert len(entries) == 0
