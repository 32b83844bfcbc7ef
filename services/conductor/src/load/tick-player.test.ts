import { encodeMessage, parseMessage, parseTick, topics, type Tick } from "@finality/contracts";
import { loadDataset, type Dataset } from "@finality/datasets";
import { expect, test } from "vitest";
import { thereAndBack, TickPlayer } from "./tick-player.ts";

const day = loadDataset("spx-2021-01-04", { copy: "L01" });
const recorded = day.timeline.flatMap(({ ticks }) => ticks);

const playedBy = (player: TickPlayer, ticks: number): readonly Tick[] => {
  const { value } = player.next(ticks, 5);
  const parsed = parseMessage(topics.ticks, value);
  if (!parsed.ok || parsed.message.type !== "ticks") throw new Error("it is a message of ticks");
  return parsed.message.body.ticks.flatMap((tick, index) => {
    const one = parseTick(tick, index);
    return one.ok ? [one.tick] : [];
  });
};

test("a play of the day takes neighbours only, and every tick", () => {
  const played = Array.from({ length: 10 }, (_unused, n) => thereAndBack(n, 4));
  expect(played).toEqual([0, 1, 2, 3, 2, 1, 0, 1, 2, 3]);
  expect([thereAndBack(0, 1), thereAndBack(7, 1)]).toEqual([0, 0]);
});

test("no instrument's price ever jumps: each follows the recorded one before or behind it, over the seams too", () => {
  const places = new Map<Tick, { readonly name: string; readonly nth: number }>();
  const counts = new Map<string, number>();
  for (const tick of recorded) {
    const nth = counts.get(tick.instrument) ?? 0;
    counts.set(tick.instrument, nth + 1);
    places.set(tick, { name: tick.instrument, nth });
  }
  const last = new Map<string, number>();
  for (let n = 0; n < 4 * recorded.length; n += 1) {
    const tick = recorded[thereAndBack(n, recorded.length)];
    const place = tick === undefined ? undefined : places.get(tick);
    if (place === undefined) throw new Error("every tick has a place");
    expect(Math.abs(place.nth - (last.get(place.name) ?? place.nth))).toBeLessThanOrEqual(1);
    last.set(place.name, place.nth);
  }
});

test("a message is what encodeMessage makes, with the ticks that follow and the time asked for", () => {
  const player = new TickPlayer(day, 3);
  const at = (ticks: readonly Tick[], venueTimeUs: number): readonly Tick[] => ticks.map((tick) => ({ ...tick, venueTimeUs }));
  const message = (ticks: readonly Tick[]): Uint8Array => encodeMessage({ type: "ticks", version: 1, log: "SPXL01", body: { ticks: [...ticks] } });
  expect(player.next(3, 1_700_000_000_000_000)).toMatchObject({ topic: topics.ticks, partition: 3, key: "SPXL01", value: message(at(recorded.slice(0, 3), 1_700_000_000_000_000)) });
  expect(player.next(2, 7).value).toEqual(message(at(recorded.slice(3, 5), 7)));
});

test("marks with a vol, whose fields come behind the time, keep them", () => {
  const tick = { kind: "mark", instrument: "X", venueTimeUs: 1, price: "2", vol: "0.3" } as const;
  const marked: Dataset = { ...day, timeline: [{ instantUs: 1, ticks: [tick], control: [] }] };
  expect(playedBy(new TickPlayer(marked, 0), 2)).toEqual([{ ...tick, venueTimeUs: 5 }, { ...tick, venueTimeUs: 5 }]);
});
