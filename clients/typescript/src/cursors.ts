export interface Page<Item> {
  items: readonly Item[];
  next_cursor?: string | null;
}

/** Yields the items of all pages of a list with `cursor`. `fetchPage` gets an empty cursor for the first page. */
export async function* everyItem<Item>(
  fetchPage: (cursor: string) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Page<Item> = await fetchPage(cursor);
    yield* page.items;
    cursor = page.next_cursor ?? null;
  }
}
