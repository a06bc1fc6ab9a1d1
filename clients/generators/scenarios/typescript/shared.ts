/** Input and output that the scenarios of all TypeScript clients share. */

import { createInterface } from "node:readline/promises";

export interface Person {
  readonly id: string;
  readonly token: string;
}

/** What `service.py` has prepared for one client; every client has its own people. */
export interface Stage {
  readonly url: string;
  readonly creator: Person;
  readonly stranger: Person;
  readonly leaver: Person;
  readonly hurried: Person;
  readonly owner: Person;
  readonly organization: string;
  readonly operator: string;
  readonly viewer: string;
  readonly secondTenant: string;
}

export type Fact = string | number | boolean | null | undefined | readonly Fact[];

export function readStage(): Stage {
  const stage: Stage = JSON.parse(process.env["STAGE"] ?? "{}");
  return stage;
}

/** Reports one call. `expectations.py` has the status and the facts that are right. */
export function seen(call: string, status: number | undefined, facts: Readonly<Record<string, Fact>> = {}): void {
  console.log(JSON.stringify({ call, status, facts }));
}

/** A time as the service writes it, whether the client has made it a Date or not. */
export function instant(time: Date | string | null | undefined): string | null {
  return time == null ? null : new Date(time).toISOString().replace(".000Z", "Z");
}

/** Waits until an erasure may be confirmed. */
export async function until(time: Date | string | undefined): Promise<void> {
  const milliseconds = time === undefined ? 0 : new Date(time).getTime() - Date.now();
  await new Promise((resolve) => setTimeout(resolve, milliseconds + 50));
}

/** Waits until the database of the service has been stopped. */
export async function outage(): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  console.log(JSON.stringify({ waits: "outage" }));
  await lines.question("");
  lines.close();
}

/** Reads `next_cursor` until there is none. Returns the titles and the number of pages. */
export async function walk(
  page: (cursor: string) => Promise<{ titles: readonly string[]; next: string | null | undefined }>,
): Promise<{ titles: readonly string[]; pages: number }> {
  const titles: string[] = [];
  let pages = 0;
  for (let cursor: string | null | undefined = ""; cursor != null; pages += 1) {
    const answer = await page(cursor);
    titles.push(...answer.titles);
    cursor = answer.next;
  }
  return { titles, pages };
}

export const NOBODY = "00000000-0000-4000-8000-000000000000";
export const UNMATCHED = '"no such version"';
export const DUE = "2026-12-24T18:00:00+05:30";
export const PASSPHRASE = "correct horse battery staple";
