// Live updates: the vault's revisions as server-sent events (docs/live.md). EventSource sends no token, so fetch does.

import { call, vault } from "./api.js";

const FINAL = ["suspended", "erased"];
const PAUSE = 2000; // milliseconds

/** Calls `changed` at the start and with each change, and `said` with the state of the stream. Ends with `signal`. */
export async function follow(changed, said, signal) {
  while (!signal.aborted) {
    said("Connecting …");
    try {
      const response = await call("GET", vault("events"), { headers: { Accept: "text/event-stream" }, signal });
      said("Live");
      for await (const { event, data } of eventsOf(response.body)) {
        if (event === "revision") changed();
        if (event === "end" && FINAL.includes(data.reason)) return said(`Ended: ${data.reason}`);
      }
    } catch (error) {
      if (signal.aborted || error.status === 401 || error.status === 403) return said("");
    }
    said("Connecting …");
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Yields { event, data }. */
async function* eventsOf(body) {
  const [decoder, reader] = [new TextDecoder(), body.getReader()];
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const { event, data } = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
      if (data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}
