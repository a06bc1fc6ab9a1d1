"""The operations on ideas, and who may call them."""

from uuid import UUID

import jwt
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import NinjaAPI, PatchDict, Query, Status
from ninja.errors import HttpError
from ninja.pagination import paginate
from ninja.security import HttpBearer

from service.models import Idea
from service.schemas import IdeaFilter, IdeaIn, IdeaOut


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        try:
            subject = jwt.decode(token, settings.BETTER_AUTH_SECRET, algorithms=["HS256"])["sub"]
        except jwt.InvalidTokenError:
            return None
        if subject != request.resolver_match.kwargs["user_id"]:
            raise HttpError(403, "Not your ideas")
        return subject


api = NinjaAPI(auth=Bearer())


@api.get("/{user_id}/ideas", response=list[IdeaOut])
@paginate
def list_ideas(request: HttpRequest, user_id: str, filters: Query[IdeaFilter]) -> QuerySet[Idea]:
    return filters.filter(Idea.objects.filter(user_id=user_id)).order_by("-created_at", "-id")


@api.get("/{user_id}/ideas/{uuid:idea_id}", response=IdeaOut)
def get_idea(request: HttpRequest, user_id: str, idea_id: UUID) -> Idea:
    return get_object_or_404(Idea, id=idea_id, user_id=user_id)


@api.post("/{user_id}/ideas", response={201: IdeaOut})
def create_idea(request: HttpRequest, user_id: str, given: IdeaIn) -> Status:
    return Status(201, Idea.objects.create(user_id=user_id, **given.dict()))


@api.patch("/{user_id}/ideas/{uuid:idea_id}", response=IdeaOut)
def update_idea(request: HttpRequest, user_id: str, idea_id: UUID, given: PatchDict[IdeaIn]) -> Idea:
    idea = get_object_or_404(Idea, id=idea_id, user_id=user_id)
    for name, value in given.items():
        setattr(idea, name, value)
    idea.save()
    return idea
