"""Ideas and queries with difficult texts: marks, ligatures, letters whose length changes with case."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from creatorvault.ideas.schemas import IdeaResponse, PriorityEnum, StageEnum
from creatorvault.ideas.search.filters import SearchQuery
from creatorvault.ideas.search.times import DATED, EVER, NEVER, UNDATED, Period, period
from tests.ideas.paper_vaults import idea_of

PIECES = [
    *("a", "A", "b", " ", "-", "%", "_", "\\", "'", "\n", "ß", "ẞ", "SS", "ss", "s"),
    *("İ", "I", "i", "ı", "ς", "σ", "Σ", "ﬁ", "fi", "é", "e\u0301", "\u0301", "E"),
    *("\u212b", "å", "ǆ", "ŉ", "\u0345", "\u1fb3", "カ", "\uff76", "½", "😀", "👩\u200d💻", "🏳\ufe0f"),
]
TAGS = ["video", "Video", "VIDEO ", "straße", "STRASSE", "how to", "é", "e\u0301", "%", "ﬁlm", "film"]

texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
"""About 24 code points at most; `wide_texts` contain any code points except U+0000 and surrogates."""

wide_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
times = st.integers(0, 3).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
ends_of_time = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
due_dates = st.none() | times | ends_of_time
bounds = st.none() | times | ends_of_time
periods = st.just(EVER) | st.builds(period, bounds, bounds)
due_periods = (
    st.sampled_from([EVER, DATED, UNDATED, NEVER])
    | st.builds(period, bounds, bounds, st.just(DATED))
    | st.integers(-1, 1).map(lambda more: Period(EVER.first, UNDATED.first + more))
)
ids = st.integers(0, 3).flatmap(lambda top: st.integers(0, 9).map(lambda low: UUID(int=(top << 126) + low)))


@st.composite
def ideas(draw: st.DrawFn) -> IdeaResponse:
    return idea_of(
        draw(texts | wide_texts),
        id=draw(ids),
        notes=draw(st.none() | st.just("") | texts),
        stage=draw(st.sampled_from(StageEnum)),
        priority=draw(st.sampled_from(PriorityEnum)),
        tags=draw(st.lists(st.sampled_from(TAGS), max_size=3)),
        due_date=draw(due_dates),
        created_at=draw(times),
        updated_at=draw(times),
    )


needles = (
    st.none() | texts | wide_texts | st.sampled_from(PIECES) | st.sampled_from(PIECES).map(lambda piece: piece * 200)
)

questions = st.builds(
    SearchQuery,
    search=needles,
    tags=st.lists(st.sampled_from(TAGS), max_size=2).map(tuple),
    stages=st.lists(st.sampled_from(StageEnum), max_size=2).map(tuple),
    priorities=st.lists(st.sampled_from(PriorityEnum), max_size=2).map(tuple),
    due=due_periods,
    created=periods,
    updated=periods,
    sort=st.sampled_from(["created_at", "updated_at", "title", "priority", "stage", "due_date", "due_date_or_first"]),
    descending=st.booleans(),
    limit=st.integers(1, 5),
    offset=st.integers(0, 6) | st.just(2**63 - 1),
)

title_questions = st.builds(
    SearchQuery, sort=st.just("title"), descending=st.booleans(), limit=st.just(100), offset=st.just(0)
)
