// The board: a column for each stage, between which ideas are moved by drag, buttons and keys.

import { call, get, vault } from "./api.js";
import { PRIORITIES, STAGES, attempt, filters, refresh, state, views } from "./app.js";
import { button, day, element, focus, notify } from "./dom.js";
import { edit } from "./editor.js";

const FIELDS = "stage,priority,tags,due_date"; // and not the notes
const MOST = 300;
const NAMES = Object.keys(STAGES);
const DRAGGED = "application/x-idea";

views.board = async () => {
  const ideas = [];
  let page = { next_cursor: "" };
  while (page.next_cursor !== null && ideas.length < MOST) {
    page = await get(vault("ideas", { ...filters(), fields: FIELDS, limit: 100, cursor: page.next_cursor }));
    ideas.push(...page.items);
  }
  const filtered = state.search !== "" || state.tags.size > 0;
  const shown = ideas.length < page.total ? `${ideas.length} of ${page.total} ideas are shown.` : `${page.total} ideas`;
  return [
    element("p", { id: "count", role: "status" }, page.total === 1 ? "1 idea" : shown),
    ...(page.total === 0 && !filtered ? [examples()] : []),
    element(
      "p",
      { class: "hint", id: "keys" },
      "Drag an idea to another stage. By keyboard: arrow keys go from idea to idea, Shift with an arrow key moves one.",
    ),
    element("div", { class: "board" }, ...NAMES.map((stage) => column(stage, ideas))),
  ];
};

function column(stage, ideas) {
  const held = ideas.filter((idea) => idea.stage === stage);
  const box = element(
    "section",
    {
      class: "stage",
      "data-stage": stage,
      "aria-labelledby": `stage-${stage}`,
      dragover: (event) => {
        if (!event.dataTransfer.types.includes(DRAGGED)) return;
        event.preventDefault();
        box.classList.add("over");
      },
      dragleave: () => box.classList.remove("over"),
      drop: (event) => {
        event.preventDefault();
        box.classList.remove("over");
        const idea = ideas.find(({ id }) => id === event.dataTransfer.getData(DRAGGED));
        state.dragging = false;
        if (idea !== undefined) move(idea, stage);
      },
    },
    element("h2", { id: `stage-${stage}` }, `${STAGES[stage]} `, element("span", { class: "count" }, held.length)),
    element("ul", {}, ...held.map(card)),
  );
  return box;
}

function card(idea) {
  const { id, title, stage, tags, priority, due_date } = idea;
  const at = NAMES.indexOf(stage);
  const mover = (name, sign, to) =>
    to === undefined
      ? ""
      : button(sign, () => move(idea, to), { id: `${name}-${id}`, "aria-label": `Move “${title}” to ${STAGES[to]}` });
  return element(
    "li",
    {
      class: `card ${priority}`,
      draggable: "true",
      dragstart: (event) => {
        state.dragging = true;
        event.dataTransfer.setData(DRAGGED, id);
        event.dataTransfer.effectAllowed = "move";
      },
      dragend: () => {
        state.dragging = false;
        refresh();
      },
      keydown: (event) => pressed(event, idea),
    },
    button(title, () => edit(id), { id: `open-${id}`, class: "title", "aria-describedby": "keys" }),
    element(
      "p",
      { class: "facts" },
      element("span", {}, `${PRIORITIES[priority]} priority`),
      ...(due_date === null ? [] : [element("span", {}, `due ${day(due_date)}`)]),
      ...tags.map((tag) => element("span", { class: "tag" }, tag)),
    ),
    element("div", { class: "movers" }, mover("left", "←", NAMES[at - 1]), mover("right", "→", NAMES[at + 1])),
  );
}

function pressed(event, idea) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const next = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if ((step ?? next) === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const here = event.currentTarget;
  const stage = NAMES[NAMES.indexOf(idea.stage) + step];
  if (event.shiftKey) {
    if (stage !== undefined) move(idea, stage);
    return;
  }
  const columns = [...here.closest(".board").children].map((box) => [...box.querySelectorAll(".title")]);
  const row = [...here.parentElement.children].indexOf(here);
  let at = NAMES.indexOf(idea.stage);
  if (next !== undefined) return columns[at][row + next]?.focus();
  for (at += step; columns[at]; at += step) {
    if (columns[at].length > 0) return columns[at][Math.min(row, columns[at].length - 1)].focus();
  }
}

async function move({ id, title, stage: before }, stage) {
  if (stage === before) return;
  const moved = await attempt(() => call("PATCH", vault(`ideas/${id}`), { body: { stage } }));
  if (moved) notify(`Moved “${title}” to ${STAGES[stage]}.`);
  await refresh();
}

/** Some ideas to begin with, in one request. */
function examples() {
  const due = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const ideas = [
    { title: "How a tram driver sees the city", tags: ["video", "city"], due_date: due(3), priority: "high" },
    { title: "Straßenbahn etiquette", notes: "Find it with a search for STRASSE.", tags: ["humour", "city"] },
    { title: "Bread without a machine", tags: ["blog", "food"], stage: "outline", due_date: due(6) },
    { title: "Café crèmes of one street", notes: "Search: cafe", tags: ["podcast", "food"], stage: "outline" },
    { title: "A garden on a balcony", tags: ["video", "plants"], stage: "draft", due_date: due(1), priority: "high" },
    { title: "Ten words for rain", tags: ["podcast"], stage: "published", priority: "low" },
  ];
  const operations = ideas.map((idea) => ({ op: "create", idea }));
  const add = async () => {
    if (await attempt(() => call("POST", vault("ideas/bulk"), { body: { operations } }))) notify("Added examples.");
    await refresh();
    focus("view");
  };
  return element("p", {}, "This vault is empty. Capture an idea above, or ", button("Add examples", add), ".");
}
