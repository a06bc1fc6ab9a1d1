// The trash, and the deletion and the undo that go with it.

import { call, get, vault } from "./api.js";
import { attempt, refresh, views } from "./app.js";
import { button, element, find, moment, notify } from "./dom.js";

views.trash = async () => {
  const { items, total } = await get(vault("trash", { limit: 100 }));
  if (total === 0) return [element("p", {}, "The trash is empty.")];
  const row = ({ id, title, deleted_at, purged_at }) => {
    const restore = () => change("POST", `ideas/${id}/restore`, `Restored “${title}”.`);
    const remove = () => change("DELETE", `trash/${id}`, `Deleted “${title}” permanently.`);
    return element(
      "li",
      { class: "card" },
      element("strong", {}, title),
      element("p", { class: "facts" }, "deleted ", moment(deleted_at), ", kept until ", moment(purged_at)),
      button("Restore", restore, { "aria-label": `Restore “${title}”` }),
      button("Delete permanently", remove, { "aria-label": `Delete “${title}” permanently` }),
    );
  };
  const empty = () => confirm(`Delete ${total} permanently?`) && change("DELETE", "trash", "Emptied the trash.");
  return [
    element("p", {}, total === 1 ? "1 idea is in the trash. " : `${total} ideas are in the trash. `, button("Empty the trash", empty)),
    element("ul", { class: "trash" }, ...items.map(row)),
  ];
};

async function change(method, path, text) {
  if (await attempt(() => call(method, vault(path)))) notify(text);
  find("#view").focus();
  await refresh();
}

/** Moves an idea to the trash, and offers to undo it. Throws Failure. */
export async function trash(id, title) {
  const response = await call("DELETE", vault(`ideas/${id}`));
  const undo = response.headers.get("X-Undo"); // none if the vault keeps nothing
  const back = async () => {
    if (await attempt(() => call("POST", vault("undo"), { body: { undo } }))) notify(`“${title}” is back.`);
    find("#view").focus();
    await refresh();
  };
  notify(`Deleted “${title}”. `, ...(undo === null ? [] : [button("Undo", back)]));
}
