// The board: a column for each stage, between which ideas are moved by drag, by buttons and by keys.

import { call, get, vault } from "./api.js";
import { PRIORITIES, STAGES, attempt, filters, refresh, state, today, views } from "./app.js";
import { button, count, day, element, focus, notify } from "./dom.js";
import { edit } from "./editor.js";

const FIELDS = "stage,priority,tags,due_date"; // and not the notes
const MOST = 300;
const NAMES = Object.keys(STAGES);
const KEYS = "Drag an idea to another stage. Arrow keys go from idea to idea, and with Shift they move one.";

views.board = async () => {
  const ideas = [];
  let page = { next_cursor: "" };
  while (page.next_cursor !== null && ideas.length < MOST) {
    page = await get(vault("ideas", { ...filters(), fields: FIELDS, limit: 100, cursor: page.next_cursor }));
    ideas.push(...page.items);
  }
  count(ideas.length, page.total);
  const isEmpty = page.total === 0 && Object.keys(filters()).length === 0;
  return [
    ...(isEmpty ? [examples()] : []),
    element("p", { class: "hint", id: "keys" }, KEYS),
    element("div", { class: "board" }, ...NAMES.map((stage) => column(stage, ideas))),
  ];
};

function column(stage, ideas) {
  const dragover = (event) => {
    if (state.dragged !== null) event.preventDefault(); // accepts it
    box.classList.toggle("over", state.dragged !== null);
  };
  const dragleave = () => box.classList.remove("over");
  const drop = (event) => {
    event.preventDefault();
    dragleave();
    move(state.dragged, stage);
  };
  const held = ideas.filter((idea) => idea.stage === stage);
  const box = element(
    "section",
    { class: "stage", "data-stage": stage, "aria-labelledby": `stage-${stage}`, dragover, dragleave, drop },
    element("h2", { id: `stage-${stage}` }, `${STAGES[stage]} ${held.length}`),
    element("ul", {}, ...held.map(card)),
  );
  return box;
}

function card(idea) {
  const { id, title, stage, tags, priority, due_date } = idea;
  const mover = (name, sign, to) => {
    const attributes = { id: `${name}-${id}`, "aria-label": `Move “${title}” to ${STAGES[to]}` };
    return to === undefined ? "" : button(sign, () => move(idea, to), attributes);
  };
  const facts = [`${PRIORITIES[priority]} priority`, ...(due_date === null ? [] : [`due ${day(due_date)}`])];
  const dragstart = ({ dataTransfer }) => {
    state.dragged = idea;
    dataTransfer.setData("text/plain", title); // without data, some browsers begin no drag
  };
  const dragend = () => refresh({ dragged: null });
  const at = NAMES.indexOf(stage);
  return element(
    "li",
    { class: `card ${priority}`, draggable: "true", dragstart, dragend, keydown: (event) => pressed(event, idea) },
    button(title, () => edit(id), { id: `open-${id}`, class: "title", "aria-describedby": "keys" }),
    element("p", { class: "facts" }, facts.join(", "), ...tags.map((tag) => element("span", { class: "tag" }, tag))),
    element("div", { class: "movers" }, mover("left", "←", NAMES[at - 1]), mover("right", "→", NAMES[at + 1])),
  );
}

function pressed(event, idea) {
  const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
  const down = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
  if (across === down || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const stage = NAMES[NAMES.indexOf(idea.stage) + across];
  if (event.shiftKey) return stage && move(idea, stage);
  const card = event.currentTarget;
  const row = [...card.parentElement.children].indexOf(card) + down;
  const columns = [...document.querySelectorAll(".stage")].map((box) => [...box.querySelectorAll(".title")]);
  let at = NAMES.indexOf(idea.stage) + across;
  while (columns[at]?.length === 0) at += across; // a stage without ideas
  columns[at]?.[across === 0 ? row : Math.min(row, columns[at].length - 1)]?.focus();
}

async function move({ id, title, stage: before }, stage) {
  if (stage === before) return;
  const moved = await attempt(() => call("PATCH", vault(`ideas/${id}`), { body: { stage } }));
  if (moved) notify(`Moved “${title}” to ${STAGES[stage]}.`);
  await refresh();
}

/** Offers some ideas to begin with, stored by one request. */
function examples() {
  const ideas = [
    { title: "How a tram driver sees the city", tags: ["video", "city"], due_date: today(), priority: "high" },
    { title: "Straßenbahn etiquette", notes: "Search for STRASSE to find it.", tags: ["humour", "city"] },
    { title: "Bread without a machine", tags: ["blog", "food"], stage: "outline", due_date: today() },
    { title: "Ten words for rain", tags: ["podcast"], stage: "draft", priority: "high" },
    { title: "A café in every street", notes: "Search for cafe.", tags: ["podcast", "food"], stage: "published" },
  ];
  const operations = ideas.map((idea) => ({ op: "create", idea }));
  const add = async () => {
    if (await attempt(() => call("POST", vault("ideas/bulk"), { body: { operations } }))) notify("Added examples.");
    focus("view");
    await refresh();
  };
  return element("p", {}, "This vault is empty. Capture an idea, or ", button("Add examples", add));
}
