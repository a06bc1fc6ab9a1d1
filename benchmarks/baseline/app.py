"""The baseline: a conventional FastAPI service on plaintext, as a good team would write it from the documentation."""

# ruff: noqa: FAST003, PLR0917 - path parameters are those of dependencies, query parameters those of the operation

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from models import Idea, IdeaCreate, IdeaPublic, IdeasPublic, IdeaUpdate, Priority, Stage, utc_now
from sqlalchemy import case, or_
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=20)
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
bearer = HTTPBearer()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session() -> AsyncGenerator[AsyncSession]:
    async with sessions() as session:
        yield session


async def get_current_user(user_id: str, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    try:
        claims = jwt.decode(credentials.credentials, os.environ["BETTER_AUTH_SECRET"], algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Invalid token") from error
    if claims.get("sub") != user_id:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Not your ideas")
    return user_id


Session = Annotated[AsyncSession, Depends(get_session)]
CurrentUser = Annotated[str, Depends(get_current_user)]

STAGE_ORDER = case({name: rank for rank, name in enumerate(Stage)}, value=col(Idea.stage))
PRIORITY_ORDER = case({name: rank for rank, name in enumerate(reversed(Priority))}, value=col(Idea.priority))
ORDERS: dict[str, Any] = {
    "created_at": col(Idea.created_at),
    "updated_at": col(Idea.updated_at),
    "title": func.lower(col(Idea.title)),
    "priority": PRIORITY_ORDER,
    "stage": STAGE_ORDER,
}


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/v1/{user_id}/ideas", response_model=IdeasPublic)
async def list_ideas(
    session: Session,
    user: CurrentUser,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
    search: str | None = None,
    stage: Annotated[list[Stage] | None, Query()] = None,
    priority: Annotated[list[Priority] | None, Query()] = None,
    tags: str | None = None,
    sort: Annotated[str, Query(pattern="^(created_at|updated_at|title|priority|stage)$")] = "created_at",
    order: Annotated[str, Query(pattern="^(asc|desc)$")] = "desc",
) -> Any:
    statement = select(Idea).where(Idea.user_id == user)
    if search:
        pattern = f"%{search}%"
        statement = statement.where(or_(col(Idea.title).ilike(pattern), col(Idea.notes).ilike(pattern)))
    if stage:
        statement = statement.where(col(Idea.stage).in_(stage))
    if priority:
        statement = statement.where(col(Idea.priority).in_(priority))
    if wanted := [tag.strip() for tag in (tags or "").split(",") if tag.strip()]:
        whole = func.concat(",", col(Idea.tags), ",")
        statement = statement.where(or_(*(whole.ilike(f"%,{tag},%") for tag in wanted)))
    total = (await session.exec(select(func.count()).select_from(statement.subquery()))).one()
    by, last = ORDERS[sort], col(Idea.id)
    by, last = (by.desc(), last.desc()) if order == "desc" else (by.asc(), last.asc())
    ideas = (await session.exec(statement.order_by(by, last).offset(offset).limit(limit))).all()
    return {
        "items": ideas,
        "total": total,
        "limit": limit,
        "offset": offset,
        "has_more": offset + len(ideas) < total,
    }


async def get_own_idea(idea_id: UUID, session: Session, user: CurrentUser) -> Idea:
    idea = (await session.exec(select(Idea).where(Idea.id == idea_id, Idea.user_id == user))).first()
    if idea is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Idea not found")
    return idea


OwnIdea = Annotated[Idea, Depends(get_own_idea)]


@app.get("/api/v1/{user_id}/ideas/{idea_id}", response_model=IdeaPublic)
async def get_idea(idea: OwnIdea) -> Any:
    return idea


@app.post("/api/v1/{user_id}/ideas", response_model=IdeaPublic, status_code=status.HTTP_201_CREATED)
async def create_idea(given: IdeaCreate, session: Session, user: CurrentUser) -> Any:
    idea = Idea.model_validate(given.model_dump() | {"user_id": user, "tags": ",".join(given.tags)})
    session.add(idea)
    await session.commit()
    return idea


@app.patch("/api/v1/{user_id}/ideas/{idea_id}", response_model=IdeaPublic)
async def update_idea(given: IdeaUpdate, session: Session, idea: OwnIdea) -> Any:
    changes = given.model_dump(exclude_unset=True)
    if "tags" in changes:
        changes["tags"] = ",".join(changes["tags"] or [])
    idea.sqlmodel_update(changes | {"updated_at": utc_now()})
    session.add(idea)
    await session.commit()
    return idea
