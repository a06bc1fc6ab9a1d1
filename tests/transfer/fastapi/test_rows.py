"""A row is read as the API would take the same values in a request."""

from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse
from creatorvault.transfer.fastapi.digests import DigestKey, DigestSum
from creatorvault.transfer.fastapi.rows import RowReader, uuid_of
from creatorvault.transfer.fastapi.table import SourceTable

READER = RowReader(SourceTable("ideas", {}, {}, {}, has_unique_ids=True))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
# What PostgreSQL can hold: no NUL, no surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=220)
TAGS = st.one_of(
    st.none(), TEXTS, st.lists(st.sampled_from(["a", "A", " a ", "", "é", "E\u0301", "ß", "SS", "ﬁ"])).map(",".join)
)


def read(**values: object) -> object:
    columns: dict[str, object] = {
        "title": "An idea",
        "notes": None,
        "stage": "idea",
        "priority": "low",
        "tags": None,
        "due_date": None,
    }
    columns |= values
    due = columns.pop("due_date")
    texts = columns.values()
    return READER.read((uuid4(), "ada", *texts, NOW, NOW, due, due is not None))


@given(TAGS)
def test_tags_are_split_as_a_request_with_the_parts(tags: str | None) -> None:
    parts = [] if tags is None else tags.split(",")
    idea = read(tags=tags)
    try:
        expected = IdeaCreate.model_validate({"title": "An idea", "tags": parts}).tags
    except ValidationError:
        assert not isinstance(idea, IdeaResponse)
        return

    assert isinstance(idea, IdeaResponse)
    assert idea.tags == expected
    again = read(tags=",".join(idea.tags))
    assert isinstance(again, IdeaResponse)
    assert again.tags == idea.tags


@given(TEXTS, st.one_of(st.none(), TEXTS), st.sampled_from(["idea", "draft", "Idea", ""]), st.sampled_from(["low", ""]))
def test_a_row_is_accepted_if_a_request_is(title: str, notes: str | None, stage: str, priority: str) -> None:
    values = {"title": title, "notes": notes, "stage": stage, "priority": priority}
    idea = read(**values)
    try:
        expected = IdeaCreate.model_validate(values)
    except ValidationError:
        assert not isinstance(idea, IdeaResponse)
        return

    assert isinstance(idea, IdeaResponse)
    assert (idea.title, idea.notes, idea.stage) == (expected.title, expected.notes, expected.stage)


@given(st.text(max_size=40))
def test_no_other_text_is_an_id(text: str) -> None:
    assert uuid_of(text) is None


def test_a_sum_of_digests_counts_repetitions_and_ignores_order() -> None:
    key, one, other = DigestKey(), read(), read(title="Another")
    assert isinstance(one, IdeaResponse)
    assert isinstance(other, IdeaResponse)
    sums = [DigestSum() for _ in range(3)]
    for total, ideas in zip(sums, ([one, other], [other, one], [one, other, one, one]), strict=True):
        for idea in ideas:
            total.add(key.of(idea))

    assert sums[0].text == sums[1].text
    assert sums[0].text != sums[2].text
    assert DigestKey().of(one) != key.of(one)
