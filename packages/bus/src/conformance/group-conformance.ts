import { expect } from "vitest";
import { numbered, textOf, until, type BusChecks } from "./under-test.ts";
import { createGate, createRecorder } from "./recorder.ts";

/** Groups and their members. */
export const groupConformance: BusChecks = {
  "a group's offset is what it acknowledged, 0 before, and moves nothing": async (underTest) => {
    const bus = await underTest.open();
    const [topic, group] = [underTest.name("topic"), underTest.name("group")];
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 4));
    expect(await bus.groupOffset(group, topic, 0)).toBe(0);
    const recorder = createRecorder();
    const consumer = await underTest.consume(bus, { group, topics: [topic] }, recorder);
    await until(() => recorder.messages.length === 4);
    expect(await bus.groupOffset(group, topic, 0)).toBe(0);
    await consumer.acknowledge({ topic, partition: 0, nextOffset: 3 });
    expect(await bus.groupOffset(group, topic, 0)).toBe(3);
    await consumer.acknowledge({ topic, partition: 0, nextOffset: 4 });
    await consumer.stop();
    const other = await underTest.open();
    expect(await other.groupOffset(group, topic, 0)).toBe(4);
    expect(await other.groupOffset(underTest.name("group"), topic, 0)).toBe(0);
    expect(recorder.messages).toHaveLength(4);
  },

  "the offsets named at the assignment count as acknowledged": async (underTest) => {
    const bus = await underTest.open();
    const [topic, group] = [underTest.name("topic"), underTest.name("group")];
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 4));
    await underTest.consume(bus, { group, topics: [topic] }, createRecorder({ starts: { [topic]: 4 } }));
    await until(async () => (await bus.groupOffset(group, topic, 0)) === 4);
  },

  "two groups are given everything each": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    const recorders = [createRecorder(), createRecorder()];
    for (const recorder of recorders) await underTest.consume(bus, { topics: [topic] }, recorder);
    await bus.produce(numbered(topic, 0, 10));
    await until(() => recorders.every(({ messages }) => messages.length === 10));
    for (const { messages } of recorders) expect(messages.map(textOf)).toEqual(Array.from({ length: 10 }, (_, index) => String(index)));
  },

  "a partition never has two owners, and none is lost when a member leaves": async (underTest) => {
    const [one, two] = [await underTest.open(), await underTest.open()];
    const [topic, group] = [underTest.name("topic"), underTest.name("group")];
    const partitions = 4;
    await one.ensureTopics([topic], partitions);
    const owners = new Map<number, string>();
    const violations: string[] = [];
    const member = (name: string): ReturnType<typeof createRecorder> => {
      const recorder = createRecorder({
        during: async ({ partition }) => {
          if (owners.get(partition) !== name) violations.push(`${name} was given a batch of ${partition}, which is ${owners.get(partition) ?? "nobody"}'s`);
        },
      });
      return {
        ...recorder,
        assigned: async (partition) => {
          if (owners.has(partition)) violations.push(`${name} was assigned ${partition}, which is ${owners.get(partition) ?? "nobody"}'s`);
          owners.set(partition, name);
          return recorder.assigned(partition);
        },
        revoked: async (partition) => {
          if (owners.get(partition) !== name) violations.push(`${name} was revoked ${partition}, which is ${owners.get(partition) ?? "nobody"}'s`);
          owners.delete(partition);
          return recorder.revoked(partition);
        },
      };
    };
    const produceRound = async (round: number): Promise<void> => {
      for (let partition = 0; partition < partitions; partition++) await one.produce(numbered(topic, round, round + 1).map((message) => ({ ...message, partition })));
    };
    const first = member("first");
    const firstConsumer = await underTest.consume(one, { group, topics: [topic] }, first);
    await until(() => owners.size === partitions);
    const second = member("second");
    await underTest.consume(two, { group, topics: [topic] }, second);
    await produceRound(0);
    await until(() => new Set([...first.messages, ...second.messages].map(({ partition, offset }) => `${partition}@${offset}`)).size === partitions);
    await firstConsumer.stop();
    await until(() => owners.size === partitions && [...owners.values()].every((owner) => owner === "second"));
    await produceRound(1);
    await until(() => new Set(second.messages.filter(({ offset }) => offset === 1).map(({ partition }) => partition)).size === partitions);
    expect(violations).toEqual([]);
  },

  "nobody takes over while the leaving member's batch is in work": async (underTest) => {
    const [one, two] = [await underTest.open(), await underTest.open()];
    const [topic, group] = [underTest.name("topic"), underTest.name("group")];
    await one.ensureTopics([topic], 1);
    await one.produce(numbered(topic, 0, 1));
    const gate = createGate();
    const leaving = createRecorder({ during: () => gate.opened });
    const consumer = await underTest.consume(one, { group, topics: [topic] }, leaving);
    await until(() => leaving.batches.length === 1);
    const events: string[] = [];
    const heir = createRecorder({ starts: { [topic]: 1 } });
    await underTest.consume(two, { group, topics: [topic] }, {
      ...heir,
      assigned: async (partition) => {
        events.push("heir assigned");
        return heir.assigned(partition);
      },
    });
    const stopped = consumer.stop().then(() => events.push("left"));
    await one.produce(numbered(topic, 1, 2));
    // Time for a hasty adapter to hand the partition over; the order below is what is checked.
    await new Promise((resolve) => setTimeout(resolve, 600));
    events.push(`in work: ${leaving.events.includes("revoked 0") ? "revoked" : "kept"}`);
    gate.open();
    await stopped;
    await until(() => heir.messages.length === 1);
    expect(events[0]).toBe("in work: kept");
    expect(events.slice(1).sort()).toEqual(["heir assigned", "left"]);
    expect(heir.messages.map(textOf)).toEqual(["1"]);
  },
};
