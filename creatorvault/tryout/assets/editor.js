// One idea: its fields, which are saved only if nobody has changed it meanwhile, and its earlier versions.

import { call, get, vault } from "./api.js";
import { PRIORITIES, STAGES, attempt, refresh } from "./app.js";
import { button, day, element, find, focus, labels, moment, notify, option } from "./dom.js";
import { trash } from "./trash.js";

const FIELDS = ["title", "notes", "stage", "priority", "due_date"];
const dialog = find("#editor");

/** Opens the dialog for an idea. */
export const edit = (id) => attempt(async () => {
  const response = await call("GET", vault(`ideas/${id}`));
  show(await response.json(), response.headers.get("ETag"));
});

function show(idea, etag) {
  const { id, title, notes, stage, priority, tags, due_date } = idea;
  const problem = element("p", { role: "alert", class: "error" });
  const choice = (name, values, chosen) =>
    element("select", { name }, ...Object.entries(values).map(([value, text]) => option(value, text, chosen)));
  const field = (text, control) => element("label", {}, text, control);
  const save = async (event) => {
    event.preventDefault();
    try {
      await call("PATCH", vault(`ideas/${id}`), { body: changes(form, idea), headers: { "If-Match": etag } });
      dialog.close();
      notify("Saved.");
    } catch (error) {
      problem.textContent = error.message;
      if (error.status !== 412) return;
      etag = error.etag;
      problem.textContent = `It was changed elsewhere, and is “${error.body.current.title}” now. Save again to overwrite it.`;
    }
    await refresh();
  };
  const remove = async () => {
    if (await attempt(() => trash(id, title))) dialog.close();
    await refresh();
    find("#notice button")?.focus();
  };
  const form = element(
    "form",
    { submit: save },
    element("h2", { id: "editor-title" }, "Edit an idea"),
    problem,
    field("Title", element("input", { name: "title", value: title, maxlength: 200, required: true })),
    field("Notes", element("textarea", { name: "notes", rows: 5, maxlength: 5000 }, notes ?? "")),
    element(
      "div",
      { class: "fields" },
      field("Stage", choice("stage", STAGES, stage)),
      field("Priority", choice("priority", PRIORITIES, priority)),
      field("Due", element("input", { name: "due_date", type: "date", value: day(due_date) })),
    ),
    field("Tags, separated by commas", element("input", { name: "tags", value: tags.join(", ") })),
    element(
      "div",
      { class: "actions" },
      element("button", {}, "Save"),
      button("Close", () => dialog.close()),
      button("Delete", remove),
    ),
  );
  dialog.replaceChildren(form, history(id));
  dialog.onclose = () => focus(`open-${id}`, find("#view"));
  if (!dialog.open) dialog.showModal();
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
function history(id) {
  const list = element("ol", { class: "versions" });
  const load = async () => {
    const { items, current } = await get(vault(`ideas/${id}/versions`, { limit: 100 }));
    const row = ({ number, title, replaced_at }) => {
      const difference = element("ul", { class: "difference" });
      const restore = async () => {
        await attempt(async () => {
          await call("POST", vault(`ideas/${id}/versions/${number}/restore`));
          notify(`Restored version ${number}.`);
          await edit(id);
        });
        await refresh();
      };
      const compare = () => attempt(async () => {
        const found = await get(vault(`ideas/${id}/versions/${number}/difference`, { to: "current" }));
        difference.replaceChildren(...described(found));
      });
      const named = (text) => ({ "aria-label": `${text} version ${number}` });
      return element(
        "li",
        { value: number },
        element("span", {}, `${title}, `, replaced_at === null ? "current" : moment(replaced_at)),
        ...(number === current ? [] : [button("Compare", compare, named("Compare")), button("Restore", restore, named("Restore"))]),
        difference,
      );
    };
    list.replaceChildren(...items.map(row));
  };
  const toggle = (event) => event.target.open && attempt(load);
  return element("details", { toggle }, element("summary", {}, "Earlier versions"), list);
}

function described({ number, to, tags, ...fields }) {
  const lines = Object.entries(fields).filter(([, value]) => value !== null).map(
    ([name, { before, after }]) => `${name.replace("_", " ")}: ${before ?? "nothing"} → ${after ?? "nothing"}`,
  );
  if (tags?.added.length) lines.push(`tags added: ${tags.added.join(", ")}`);
  if (tags?.removed.length) lines.push(`tags removed: ${tags.removed.join(", ")}`);
  return (lines.length ? lines : ["There is no difference."]).map((line) => element("li", {}, line));
}
