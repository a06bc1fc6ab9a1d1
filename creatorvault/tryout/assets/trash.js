// The trash, and the deletion and the undo that go with it.

import { call, get, vault } from "./api.js";
import { attempt, refresh, views } from "./app.js";
import { button, count, element, focus, notify, time } from "./dom.js";

views.trash = async () => {
  const { items, total } = await get(vault("trash", { limit: 100 }));
  count(items.length, total);
  if (total === 0) return [element("p", {}, "The trash is empty.")];
  const row = ({ id, title, deleted_at, purged_at }) => {
    const act = (text, ...sent) => button(text, () => change(...sent), { "aria-label": `${text} “${title}”` });
    return element(
      "li",
      { class: "card" },
      element("strong", {}, title),
      element("p", { class: "hint" }, "deleted ", time(deleted_at), ", kept until ", time(purged_at)),
      act("Restore", "POST", `ideas/${id}/restore`, `Restored “${title}”.`),
      act("Delete permanently", "DELETE", `trash/${id}`, `Deleted “${title}” permanently.`),
    );
  };
  const empty = () => confirm(`Delete ${total} permanently?`) && change("DELETE", "trash", "Emptied the trash.");
  return [element("ul", {}, ...items.map(row)), button("Empty the trash", empty)];
};

async function change(method, path, text, body) {
  if (await attempt(() => call(method, vault(path), { body }))) notify(text);
  focus("view");
  await refresh();
}

/** Moves an idea to the trash, and offers to undo it. Throws Failure. */
export async function trash(id, title) {
  const response = await call("DELETE", vault(`ideas/${id}`));
  const undo = response.headers.get("X-Undo"); // none if the vault keeps nothing
  const back = () => change("POST", "undo", `“${title}” is back.`, { undo });
  notify(`Deleted “${title}”. `, ...(undo === null ? [] : [button("Undo", back, { id: "undo" })]));
}
