// One idea: its fields, which are saved only if nobody has changed it meanwhile, and its earlier versions.

import { call, get, vault } from "./api.js";
import { PRIORITIES, STAGES, attempt, refresh } from "./app.js";
import { button, day, element, find, focus, labels, notify, time } from "./dom.js";
import { trash } from "./trash.js";

const FIELDS = ["title", "notes", "stage", "priority", "due_date"];
const dialog = find("#editor");

/** Opens the dialog for an idea. */
export const edit = (id) =>
  attempt(async () => {
    const response = await call("GET", vault(`ideas/${id}`));
    show(await response.json(), response.headers.get("ETag"));
  });

function show(idea, etag) {
  const { id, title, notes, stage, priority, tags, due_date } = idea;
  const path = vault(`ideas/${id}`);
  const problem = element("p", { role: "alert", class: "error" });
  const say = (text) => problem.replaceChildren(text);
  const save = async (event) => {
    event.preventDefault();
    const body = changes(form, idea);
    const refused = (text, { status, etag: current, body }) => {
      if (status === 412) etag = current;
      say(status === 412 ? `Changed elsewhere: “${body.current.title}”. Save again to overwrite that.` : text);
    };
    if (await attempt(() => call("PATCH", path, { body, headers: { "If-Match": etag } }), refused)) {
      dialog.close();
      notify("Saved.");
    }
    await refresh();
  };
  const remove = async () => {
    if (await attempt(() => trash(id, title), say)) dialog.close();
    await refresh();
    find("#undo")?.focus();
  };
  const field = (text, control) => element("label", {}, text, control);
  const input = (name, attributes) => element("input", { name, ...attributes });
  const choice = (name, values, chosen) => {
    const option = ([value, text]) => element("option", { value, selected: value === chosen }, text);
    return element("select", { name }, ...Object.entries(values).map(option));
  };
  const close = button("Close", () => dialog.close());
  const form = element(
    "form",
    { submit: save },
    element("h2", { id: "editor-title" }, "Edit an idea"),
    problem,
    field("Title", input("title", { value: title, maxlength: 200, required: true })),
    field("Notes", element("textarea", { name: "notes", rows: 5, maxlength: 5000 }, notes ?? "")),
    element(
      "div",
      { class: "fields" },
      field("Stage", choice("stage", STAGES, stage)),
      field("Priority", choice("priority", PRIORITIES, priority)),
      field("Due", input("due_date", { type: "date", value: day(due_date) })),
    ),
    field("Tags, separated by commas", input("tags", { value: tags.join(", ") })),
    element("div", { class: "fields" }, element("button", {}, "Save"), close, button("Delete", remove)),
  );
  dialog.replaceChildren(form, history(id, say));
  dialog.onclose = () => focus(`open-${id}`, find("#view"));
  if (!dialog.open) dialog.showModal();
  form.elements.title.focus();
}

/** Returns the fields that differ from what was loaded. */
function changes(form, idea) {
  const given = Object.fromEntries(new FormData(form));
  const before = { ...idea, notes: idea.notes ?? "", due_date: day(idea.due_date) };
  const changed = FIELDS.filter((name) => given[name].replaceAll("\r\n", "\n") !== before[name]);
  const body = Object.fromEntries(changed.map((name) => [name, given[name] === "" ? null : given[name]]));
  const tags = labels(given.tags);
  return tags.join() === idea.tags.join() ? body : { ...body, tags };
}

/** Returns a list of versions that is loaded when it is opened. */
function history(id, say) {
  const path = vault(`ideas/${id}/versions`);
  const list = element("ol");
  const row = ({ number, title, replaced_at }) => {
    const difference = element("ul");
    const compare = async () => difference.replaceChildren(...(await differences(`${path}/${number}`)));
    const restore = async () => {
      await call("POST", `${path}/${number}/restore`);
      notify(`Restored version ${number}.`);
      await Promise.all([edit(id), refresh()]);
    };
    const named = (text) => ({ "aria-label": `${text} version ${number}` });
    const act = (text, action) => button(text, () => attempt(action, say), named(text));
    const parts = [time(replaced_at), act("Compare", compare), act("Restore", restore), difference];
    return element("li", { value: number, class: "version" }, `${title}, until `, ...parts);
  };
  const load = async () => list.replaceChildren(...(await get(`${path}?limit=100`)).items.map(row));
  const toggle = ({ target }) => target.open && attempt(load, say);
  return element("details", { toggle }, element("summary", {}, "Earlier versions"), list);
}

async function differences(version) {
  const { number, to, tags, ...fields } = await get(`${version}/difference?to=current`);
  const changed = Object.entries(fields).filter(([, value]) => value !== null);
  const lines = changed.map(([name, { before, after }]) => `${name}: ${before ?? "nothing"} → ${after ?? "nothing"}`);
  if (tags?.added.length) lines.push(`tags added: ${tags.added.join(", ")}`);
  if (tags?.removed.length) lines.push(`tags removed: ${tags.removed.join(", ")}`);
  return (lines.length ? lines : ["There is no difference."]).map((line) => element("li", {}, line));
}
