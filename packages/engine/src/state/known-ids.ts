import type { PagedList } from "./paged-list.ts";

/** An id that was recorded, and its whole content as RFC 8785 text: another message with this id is either the same or a conflict. */
export type KnownId = readonly [id: string, content: string];

/** Ids in the order in which the log named them; found by id. */
export class KnownIds {
  readonly entries: PagedList<KnownId>;
  readonly #contentById = new Map<string, string>();

  constructor(entries: PagedList<KnownId>) {
    this.entries = entries;
    for (const [id, content] of entries.items) this.#contentById.set(id, content);
  }

  contentOf(id: string): string | undefined {
    return this.#contentById.get(id);
  }

  add(id: string, content: string): void {
    this.entries.push([id, content]);
    this.#contentById.set(id, content);
  }
}
