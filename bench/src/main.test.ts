import { expect, test } from "vitest";
import { main } from "./main.ts";

test("what is not understood is a usage error; no name lists the benchmarks", async () => {
  expect(await main(["nothing-like-it"])).toBe(2);
  expect(await main(["spine", "more"])).toBe(2);
  expect(await main(["spine", "--only", "nothing"])).toBe(2);
  expect(await main(["spine", "--loud"])).toBe(2);
  expect(await main([])).toBe(0);
});
