/** What a client of the replaced service does, generated with openapi-generator from its document. */

import {
  Configuration,
  HTTPValidationErrorFromJSON,
  HealthApi,
  IdeasApi,
  ResponseError,
  RootApi,
  UsersApi,
} from "./generated";
import type { ApiResponse } from "./generated";
import { DUE, instant, NOBODY, outage, readStage, seen } from "./shared";
import type { Fact } from "./shared";

type Facts = Readonly<Record<string, Fact>>;

const stage = readStage();
const nobody = new Configuration({ basePath: stage.url });
const creator = new Configuration({ basePath: stage.url, accessToken: stage.creator.token });
const api = new IdeasApi(creator);
const health = new HealthApi(nobody);
const userId = stage.creator.id;

/** Reports a call with facts of its answer, or of its error's body. */
async function report<T>(
  call: string,
  request: Promise<ApiResponse<T>>,
  facts: (data: T) => Facts = () => ({}),
  ofError: (body: unknown) => Facts = () => ({}),
): Promise<T | undefined> {
  try {
    const answer = await request;
    const data = await answer.value();
    seen(call, answer.raw.status, facts(data));
    return data;
  } catch (error) {
    if (!(error instanceof ResponseError)) {
      throw error;
    }
    seen(call, error.response.status, ofError(await error.response.json()));
    return undefined;
  }
}

const nothing = (): Facts => ({});
const detailOf = (body: unknown): string | undefined =>
  typeof body === "object" && body !== null && "detail" in body && typeof body.detail === "string" ? body.detail : undefined;
const fields = (body: unknown): Facts => {
  const errors = HTTPValidationErrorFromJSON(body).detail;
  return { types: errors?.map((error) => error.type), loc: errors?.[0]?.loc.map(String) };
};

await report("root", new RootApi(nobody).rootGetRaw());
await report("health", health.healthCheckHealthGetRaw());
await report("database health", health.healthCheckDbHealthDbGetRaw());
await report("readiness", health.readinessCheckHealthReadyGetRaw());
await report("profile", new UsersApi(creator).getCurrentUserProfileApiV1UsersMeGetRaw(), (data) => ({
  user: data.userId === userId,
  authenticated: data.authenticated,
}));
const unknown = new UsersApi(nobody).getCurrentUserProfileApiV1UsersMeGetRaw();
await report("profile without a token", unknown, nothing, (body) => ({ detail: detailOf(body) }));

const dueDate = new Date(DUE);
const first = await report(
  "create",
  api.createIdeaApiV1UserIdIdeasPostRaw({ userId, ideaCreate: { title: "First" } }),
  (data) => ({
    title: data.title,
    notes: data.notes,
    stage: data.stage,
    priority: data.priority,
    tags: data.tags,
    due: instant(data.dueDate),
  }),
);
await report(
  "create with all fields",
  api.createIdeaApiV1UserIdIdeasPostRaw({
    userId,
    ideaCreate: { title: "Second", notes: "Line\nbreak", stage: "draft", priority: "high", tags: ["Video", "food"], dueDate },
  }),
  (data) => ({
    notes: data.notes,
    stage: data.stage,
    priority: data.priority,
    tags: data.tags,
    due: instant(data.dueDate),
  }),
);
await api.createIdeaApiV1UserIdIdeasPost({ userId, ideaCreate: { title: "Once", stage: "published" } });
const path = { userId, ideaId: first?.id ?? NOBODY };
await report("get", api.getIdeaApiV1UserIdIdeasIdeaIdGetRaw(path), (data) => ({ title: data.title }));
const changes = { title: "First, changed", notes: "To be removed", dueDate };
await report("change", api.updateIdeaPartialApiV1UserIdIdeasIdeaIdPatchRaw({ ...path, ideaUpdate: changes }), (data) => ({
  title: data.title,
  due: instant(data.dueDate),
}));
const nulls = { notes: null, dueDate: null };
await report("change to null", api.updateIdeaPartialApiV1UserIdIdeasIdeaIdPatchRaw({ ...path, ideaUpdate: nulls }), (data) => ({
  title: data.title,
  notes: data.notes,
  due: instant(data.dueDate),
}));
const ideaCreate = { title: "First, replaced", tags: ["video"] };
await report("replace", api.updateIdeaFullApiV1UserIdIdeasIdeaIdPutRaw({ ...path, ideaCreate }), (data) => ({
  title: data.title,
  stage: data.stage,
  tags: data.tags,
}));
await report(
  "replace what is missing",
  api.updateIdeaFullApiV1UserIdIdeasIdeaIdPutRaw({ userId, ideaId: NOBODY, ideaCreate }),
  nothing,
  (body) => ({ detail: detailOf(body) === `Idea ${NOBODY} not found` }),
);

const byTitle = { userId, sort: "title", order: "asc" };
await report("list", api.listIdeasApiV1UserIdIdeasGetRaw(byTitle), (data) => ({
  titles: data.items.map((idea) => idea.title),
  total: data.total,
  more: data.hasMore,
}));
const filters = { userId, stage: "draft", priority: "high", search: "BREAK", tags: "video,none" } as const;
await report("list by filters", api.listIdeasApiV1UserIdIdeasGetRaw(filters), (data) => ({
  titles: data.items.map((idea) => idea.title),
}));
await report("list in a wrong order", api.listIdeasApiV1UserIdIdeasGetRaw({ userId, sort: "colour" }), nothing, fields);
await report("list of another", api.listIdeasApiV1UserIdIdeasGetRaw({ userId: stage.stranger.id }));
const foreign = api.createIdeaApiV1UserIdIdeasPostRaw({ userId: stage.stranger.id, ideaCreate: { title: "Not mine" } });
await report("create for another", foreign, nothing, (body) => ({ detail: detailOf(body) }));
const blank = api.createIdeaApiV1UserIdIdeasPostRaw({ userId, ideaCreate: { title: "  " } });
await report("create without a title", blank, nothing, fields);
await report("delete", api.deleteIdeaApiV1UserIdIdeasIdeaIdDeleteRaw(path));
await report("delete again", api.deleteIdeaApiV1UserIdIdeasIdeaIdDeleteRaw(path));
await outage();
await report("list in an outage", api.listIdeasApiV1UserIdIdeasGetRaw({ userId }));
