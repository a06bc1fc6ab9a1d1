"""The moods API, /api/v1/moods."""

from litestar import Controller
from litestar.di import NamedDependency, Provide

from creatorvault.core.http.handlers import get, post
from creatorvault.core.http.inputs import Body
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.core.parts import part_of

from .dependencies import MoodRequest, provide_moods
from .parts import MoodParts
from .repositories import MoodRepository
from .schemas import MoodCreate, MoodList


class MoodController(Controller):
    path = "/api/v1/moods"
    tags = ["Moods"]
    dependencies = {"moods": Provide(provide_moods)}

    @post("/", summary="Note a mood", **documents(DocumentedResponse(description="All moods.")))
    async def note_mood(
        self, request: MoodRequest, given: Body[MoodCreate], moods: NamedDependency[MoodRepository]
    ) -> MoodList:
        """Stores a mood."""
        await moods.note(given.mood)
        part_of(request.app, MoodParts).noted += 1
        return MoodList(moods=list(await moods.noted()))

    @get("/", summary="List moods", **documents(DocumentedResponse(description="All moods.")))
    async def list_moods(self, moods: NamedDependency[MoodRepository]) -> MoodList:
        """Returns all moods that you have stored."""
        return MoodList(moods=list(await moods.noted()))
