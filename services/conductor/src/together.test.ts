import { aborted } from "@finality/service-kit";
import { expect, test } from "vitest";
import { together } from "./together.ts";

const signal = new AbortController().signal;

test("no more than asked for at a time, and all of it", async () => {
  const [running, most, done] = [new Set<number>(), new Set<number>(), new Set<number>()];
  const work = (id: number) => async (): Promise<void> => {
    running.add(id);
    most.add(running.size);
    await Promise.resolve();
    await Promise.resolve();
    running.delete(id);
    done.add(id);
  };
  await together([1, 2, 3, 4, 5].map(work), { atOnce: 2, signal });
  expect([Math.max(...most), done.size]).toEqual([2, 5]);
});

test("one that fails stops the others, begins no more, and is thrown after they have ended", async () => {
  const said: string[] = [];
  const waits = async (stop: AbortSignal): Promise<void> => {
    await aborted(stop);
    said.push("ended");
  };
  const fails = (): Promise<void> => Promise.reject(new Error("first"));
  const never = (): Promise<void> => { said.push("begun"); return Promise.resolve(); };
  await expect(together([waits, fails, never], { atOnce: 2, signal })).rejects.toThrow("first");
  expect(said).toEqual(["ended"]);
});

test("an abort ends what runs and begins nothing more", async () => {
  const stopping = new AbortController();
  let begun = 0;
  const waits = async (stop: AbortSignal): Promise<void> => {
    begun += 1;
    stopping.abort();
    await aborted(stop);
  };
  await together([waits, waits], { atOnce: 1, signal: stopping.signal });
  expect(begun).toBe(1);
});
