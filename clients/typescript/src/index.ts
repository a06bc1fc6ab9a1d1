export { Client, createClient, type Options } from "./client.js";
export { everyItem, type Page } from "./cursors.js";
export { ApiError, type FieldError, Unreachable } from "./errors.js";
export { type Listening, StreamEnded } from "./live.js";
export type { components, operations, paths } from "./schema.js";
export { RETRIES, type Retries, type Token } from "./sending.js";
export {
  type Conflict,
  Device,
  type LocalIdea,
  merge,
  type Operation,
  type Rejected,
  type Rule,
} from "./sync.js";
export { MemoryStore, type Store } from "./store.js";
export {
  type BulkOperation,
  type BulkOptions,
  type BulkResponse,
  type ChangeList,
  type Idea,
  type IdeaCreate,
  type IdeaUpdate,
  type Query,
  Vault,
  type Version,
} from "./vault.js";
