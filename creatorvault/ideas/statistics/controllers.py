"""The API of counts: /api/v1/{user_id}/ideas/stats and /api/v1/{user_id}/tags"""

from litestar import Controller, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide

from creatorvault.core.http.conditional import is_conditional, not_modified
from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import get
from creatorvault.core.http.inputs import Query
from creatorvault.core.http.responses import StructResponse
from creatorvault.ideas.dependencies import IdeasRequest
from creatorvault.ideas.statistics import openapi
from creatorvault.ideas.statistics.dependencies import provide_statistics
from creatorvault.ideas.statistics.schemas import IdeaStats, TagList, TagQuery
from creatorvault.ideas.statistics.services import StatisticsService


class StatisticsController(Controller):
    path = "/api/v1/{user_id:str}/ideas/stats"
    tags = ["Ideas"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"counts": Provide(provide_statistics)}

    @get("/", summary="Count your ideas", **openapi.STATS)
    async def get_idea_stats(
        self, request: IdeasRequest, counts: NamedDependency[StatisticsService]
    ) -> Response[IdeaStats]:
        """Returns how many ideas you have by stage, by priority, by due date and by month, all of one moment.

        With `If-None-Match`, the counts are sent only if they could have changed.
        """
        statistics, tag = await counts.statistics()
        return not_modified(request, tag) or StructResponse(statistics, {"ETag": tag})


class TagController(Controller):
    path = "/api/v1/{user_id:str}/tags"
    tags = ["Ideas"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"counts": Provide(provide_statistics)}

    @get("/", summary="List your tags", **openapi.LIST_TAGS)
    async def list_tags(
        self, request: IdeasRequest, asked: Query[TagQuery], counts: NamedDependency[StatisticsService]
    ) -> Response[TagList]:
        """Returns a page of the tags of your ideas, with the number of ideas that have each, the most frequent first.

        Tags that differ only in case are one. With `If-None-Match`, the page is sent only if it could have changed.
        """
        if is_conditional(request) and (unchanged := not_modified(request, await counts.tag_of_tags(asked))):
            return unchanged
        page, tag = await counts.tags(asked)
        return StructResponse(page, {"ETag": tag})
