// The calendar: a month's ideas by due date. All days are of UTC, as those of the API.

import { get, vault } from "./api.js";
import { STAGES, filters, refresh, state, views } from "./app.js";
import { button, day, element } from "./dom.js";
import { edit } from "./editor.js";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAY = 86_400_000; // milliseconds

const start = (month) => new Date(`${month}-01T00:00:00Z`);

function other(month, months) {
  const moment = start(month);
  moment.setUTCMonth(moment.getUTCMonth() + months);
  return moment.toISOString().slice(0, 7);
}

views.calendar = async () => {
  const { month } = state;
  const next = other(month, 1);
  const period = { due_from: `${month}-01`, due_to: `${next}-01` };
  const { items, total } = await get(vault("ideas", { ...filters(), ...period, sort: "due_date", order: "asc", limit: 100 }));
  const name = start(month).toLocaleString("en", { month: "long", year: "numeric", timeZone: "UTC" });
  const turn = (id, text, to) =>
    button(text, () => { state.month = to; refresh(); }, { id });
  return [
    element("div", { class: "months" }, turn("earlier", "Earlier", other(month, -1)), turn("later", "Later", next)),
    element(
      "div",
      { class: "wide-table", tabindex: "0", role: "region", "aria-label": name, id: "month" },
      element(
        "table",
        { class: "calendar" },
        element("caption", {}, `${name}: ${total === 1 ? "1 idea is" : `${total} ideas are`} due`),
        element("thead", {}, element("tr", {}, ...DAYS.map((text) => element("th", { scope: "col" }, text)))),
        element("tbody", {}, ...weeks(month, next).map((dates) => week(dates, month, items))),
      ),
    ),
  ];
};

/** Returns lists of seven dates, from the Monday before the month until it has ended. */
function weeks(month, next) {
  const first = start(month);
  const monday = first.getTime() - ((first.getUTCDay() + 6) % 7) * DAY;
  const count = Math.ceil((start(next).getTime() - monday) / (7 * DAY));
  const date = (days) => new Date(monday + days * DAY).toISOString().slice(0, 10);
  return Array.from({ length: count }, (_, at) => DAYS.map((_, index) => date(at * 7 + index)));
}

function week(dates, month, ideas) {
  const cells = dates.map((date) => {
    if (!date.startsWith(month)) return element("td");
    const due = ideas.filter((idea) => day(idea.due_date) === date);
    const entry = ({ id, title, stage }) =>
      element("li", {}, button(title, () => edit(id), { id: `open-${id}`, title: STAGES[stage] }));
    const number = element("time", { datetime: date }, Number(date.slice(8)));
    return element("td", {}, number, ...(due.length === 0 ? [] : [element("ul", {}, ...due.map(entry))]));
  });
  return element("tr", {}, ...cells);
}
