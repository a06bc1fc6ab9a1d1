// The calendar: a month's ideas by due date. All days are of UTC, as those of the API.

import { get, vault } from "./api.js";
import { filters, refresh, state, views } from "./app.js";
import { button, count, day, element } from "./dom.js";
import { edit } from "./editor.js";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAY = 86_400_000; // milliseconds

const start = (month) => new Date(`${month}-01T00:00:00Z`);
const inMonths = (month, more) =>
  new Date(Date.UTC(start(month).getUTCFullYear(), start(month).getUTCMonth() + more)).toISOString().slice(0, 7);

views.calendar = async () => {
  const { month } = state;
  const next = inMonths(month, 1);
  const due = { due_from: `${month}-01`, due_to: `${next}-01`, sort: "due_date", order: "asc" };
  const { items, total } = await get(vault("ideas", { ...filters(), ...due, limit: 100 }));
  count(items.length, total);
  const name = start(month).toLocaleString("en", { month: "long", year: "numeric", timeZone: "UTC" });
  const turn = (text, months) => button(text, () => refresh({ month: inMonths(month, months) }), { id: `by${months}` });
  const headings = DAYS.map((text) => element("th", { scope: "col" }, text));
  const table = element(
    "table",
    { class: "calendar" },
    element("caption", {}, `Due in ${name}`),
    element("thead", {}, element("tr", {}, ...headings)),
    element("tbody", {}, ...weeks(month, next).map((dates) => week(dates, month, items))),
  );
  return [
    element("div", { class: "fields" }, turn("Earlier", -1), turn("Later", 1)),
    element("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": name, id: "month" }, table),
  ];
};

/** Returns lists of seven dates, from the Monday before the month until it has ended. */
function weeks(month, next) {
  const monday = start(month).getTime() - ((start(month).getUTCDay() + 6) % 7) * DAY;
  const number = Math.ceil((start(next).getTime() - monday) / (7 * DAY));
  const date = (days) => new Date(monday + days * DAY).toISOString().slice(0, 10);
  return Array.from({ length: number }, (_, at) => DAYS.map((_, index) => date(at * 7 + index)));
}

function week(dates, month, ideas) {
  const entry = ({ id, title }) => element("li", {}, button(title, () => edit(id), { id: `open-${id}` }));
  const cell = (date) => {
    const due = ideas.filter((idea) => day(idea.due_date) === date).map(entry);
    const list = due.length === 0 ? [] : [element("ul", {}, ...due)];
    return element("td", {}, element("time", { datetime: date }, Number(date.slice(8))), ...list);
  };
  return element("tr", {}, ...dates.map((date) => (date.startsWith(month) ? cell(date) : element("td"))));
}
