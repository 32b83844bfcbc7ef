import { turnOf } from "@finality/engine";
import type { PlacedDecision } from "./decision-side.ts";
import { pairDecisions, type Pair } from "./pair-decisions.ts";

type Pairs = AsyncGenerator<Pair<PlacedDecision, PlacedDecision>, void, void>;

/** Reads what one input gave rise to at a time; only that is held. */
const byInput = (decisions: AsyncIterable<PlacedDecision>) => {
  const iterator = decisions[Symbol.asyncIterator]();
  let ahead: PlacedDecision | undefined;
  let ended = false;
  const next = async (): Promise<PlacedDecision | undefined> => {
    if (ended) return undefined;
    const step = await iterator.next();
    ended = step.done === true;
    return step.done === true ? undefined : step.value;
  };
  return {
    position: async (): Promise<number> => (ahead ??= await next())?.input ?? Infinity,
    take: async (input: number): Promise<readonly PlacedDecision[]> => {
      const taken: PlacedDecision[] = [];
      for (ahead ??= await next(); ahead?.input === input; ahead = await next()) taken.push(ahead);
      return taken;
    },
  };
};

/** Two runs of one recorded log, input by input. */
export async function* alignedByInput(as: AsyncIterable<PlacedDecision>, bs: AsyncIterable<PlacedDecision>): Pairs {
  const [a, b] = [byInput(as), byInput(bs)];
  for (;;) {
    const input = Math.min(await a.position(), await b.position());
    if (input === Infinity) return;
    yield* pairDecisions(await a.take(input), await b.take(input));
  }
}

/** Of one book, or of the log itself: expiries, state hashes. */
const lineageOf = (decision: PlacedDecision): string => {
  const { stage, book } = turnOf(decision);
  return book === "" ? `log ${stage}` : `book ${book}`;
};

type Waiting = { readonly side: "a" | "b"; readonly decisions: PlacedDecision[] };

const pairOf = (side: "a" | "b", own: PlacedDecision, other: PlacedDecision): Pair<PlacedDecision, PlacedDecision> => (side === "a" ? { a: own, b: other } : { a: other, b: own });

/**
 * Runs of different logs: the n-th decision of a book (and of the log itself) on one side with the n-th on the other. Whatever one side is
 * ahead by is held.
 */
export async function* alignedByOrder(as: AsyncIterable<PlacedDecision>, bs: AsyncIterable<PlacedDecision>): Pairs {
  const waiting = new Map<string, Waiting>();
  const open = new Map([["a", as[Symbol.asyncIterator]()], ["b", bs[Symbol.asyncIterator]()]] as const);
  while (open.size > 0) {
    for (const [side, iterator] of open) {
      const step = await iterator.next();
      if (step.done === true) {
        open.delete(side);
        continue;
      }
      const { value } = step;
      const lineage = lineageOf(value);
      const before = waiting.get(lineage);
      const other = before === undefined || before.side === side ? undefined : before.decisions.shift();
      if (other !== undefined) yield pairOf(side, value, other);
      else if (before?.side === side) before.decisions.push(value);
      else waiting.set(lineage, { side, decisions: [value] });
    }
  }
  for (const { side, decisions } of waiting.values()) for (const decision of decisions) yield side === "a" ? { a: decision } : { b: decision };
}
