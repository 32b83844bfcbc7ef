import { expect } from "vitest";
import { numbered, outgoing, textOf, until, type BusChecks } from "./under-test.ts";
import { createGate, createRecorder } from "./recorder.ts";

/** Delivery to one member. */
export const consumingConformance: BusChecks = {
  "messages arrive in order, whether produced before or while consuming": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 2);
    await bus.produce([...numbered(topic, 0, 50), outgoing(topic, "other", { partition: 1 })]);
    const recorder = createRecorder();
    await underTest.consume(bus, { topics: [topic], maxMessages: 7 }, recorder);
    await until(() => recorder.messages.length === 51);
    const producer = await underTest.open();
    for (let next = 50; next < 60; next++) await producer.produce(numbered(topic, next, next + 1));
    await bus.produce(numbered(topic, 60, 70));
    await until(() => recorder.messages.length === 71);

    const inPartition0 = recorder.messages.filter(({ partition }) => partition === 0);
    expect(inPartition0.map(textOf)).toEqual(Array.from({ length: 70 }, (_, index) => String(index)));
    expect(inPartition0.map(({ offset }) => offset)).toEqual(Array.from({ length: 70 }, (_, index) => index));
    expect(recorder.messages.filter(({ partition }) => partition === 1).map(textOf)).toEqual(["other"]);
    for (const { messages, topic: of, partition } of recorder.batches) {
      expect(messages.length).toBeGreaterThanOrEqual(1);
      expect(messages.length).toBeLessThanOrEqual(7);
      expect(messages.every((message) => message.topic === of && message.partition === partition)).toBe(true);
    }
  },

  "each topic starts at the offset named for it, at 0 when none is named": async (underTest) => {
    const bus = await underTest.open();
    const [named, unnamed] = [underTest.name("topic"), underTest.name("topic")];
    await bus.ensureTopics([named, unnamed], 1);
    await bus.produce([...numbered(named, 0, 5), ...numbered(unnamed, 0, 2)]);
    const recorder = createRecorder({ starts: { [named]: 3 } });
    await underTest.consume(bus, { topics: [named, unnamed] }, recorder);
    await until(() => recorder.messages.length === 4);
    expect(recorder.messages.filter(({ topic }) => topic === named).map(textOf)).toEqual(["3", "4"]);
    expect(recorder.messages.filter(({ topic }) => topic === unnamed).map(textOf)).toEqual(["0", "1"]);
  },

  "whoever comes back is given again what it names, acknowledged or not": async (underTest) => {
    const bus = await underTest.open();
    const [topic, group] = [underTest.name("topic"), underTest.name("group")];
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 10));
    const first = createRecorder();
    const consumer = await underTest.consume(bus, { group, topics: [topic] }, first);
    await until(() => first.messages.length === 10);
    await consumer.acknowledge({ topic, partition: 0, nextOffset: 10 });
    await consumer.stop();

    const second = createRecorder({ starts: { [topic]: 4 } });
    await underTest.consume(bus, { group, topics: [topic] }, second);
    await until(() => second.messages.length === 6);
    expect(second.messages.map(textOf)).toEqual(["4", "5", "6", "7", "8", "9"]);
  },

  "a start behind the end fails the consumer instead of skipping": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 3));
    const recorder = createRecorder({ starts: { [topic]: 4 } });
    const consumer = await underTest.consume(bus, { topics: [topic] }, recorder);
    await expect(consumer.failed).rejects.toMatchObject({ name: "BusError", code: "offset_out_of_range" });
    expect(recorder.messages).toEqual([]);
  },

  "the first topic is read to its end before the others": async (underTest) => {
    const bus = await underTest.open();
    const [control, ticks, executions] = [underTest.name("control"), underTest.name("ticks"), underTest.name("executions")];
    await bus.ensureTopics([control, ticks, executions], 1);
    await bus.produce([...numbered(ticks, 0, 20), ...numbered(executions, 0, 20), ...numbered(control, 0, 20)]);
    const recorder = createRecorder();
    await underTest.consume(bus, { topics: [control, ticks, executions], maxMessages: 3 }, recorder);
    await until(() => recorder.messages.length === 60);
    expect(recorder.messages.slice(0, 20).every(({ topic }) => topic === control)).toBe(true);
    for (const topic of [control, ticks, executions]) {
      expect(recorder.messages.filter((message) => message.topic === topic).map(textOf)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    }
  },

  "batches of one partition number never overlap, over all topics; a slow handler is waited for": async (underTest) => {
    const bus = await underTest.open();
    const topics = [underTest.name("topic"), underTest.name("topic")];
    await bus.ensureTopics(topics, 1);
    let running = 0;
    let most = 0;
    const recorder = createRecorder({
      during: async () => {
        running += 1;
        most = Math.max(most, running);
        // A few turns of the loop, in which an adapter that does not wait would call again.
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
      },
    });
    await underTest.consume(bus, { topics, maxMessages: 2 }, recorder);
    for (let round = 0; round < 10; round++) await bus.produce(topics.flatMap((topic) => numbered(topic, 2 * round, 2 * round + 2)));
    await until(() => recorder.messages.length === 40 && running === 0);
    expect(most).toBe(1);
  },

  "a handler that is not done holds its partition back, and only that": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 2);
    const gate = createGate();
    const recorder = createRecorder({ during: async ({ partition }) => (partition === 0 ? gate.opened : undefined) });
    await underTest.consume(bus, { topics: [topic], maxMessages: 1 }, recorder);
    await bus.produce([outgoing(topic, "held"), outgoing(topic, "behind")]);
    await until(() => recorder.messages.length === 1);
    await bus.produce(Array.from({ length: 20 }, (_, index) => outgoing(topic, `free ${index}`, { partition: 1 })));
    await until(() => recorder.messages.length === 21);
    expect(recorder.messages.filter(({ partition }) => partition === 0).map(textOf)).toEqual(["held"]);
    gate.open();
    await until(() => recorder.messages.length === 22);
    expect(recorder.messages.filter(({ partition }) => partition === 0).map(textOf)).toEqual(["held", "behind"]);
  },

  "stopping finishes the batch in work, delivers no other of any topic, then revokes": async (underTest) => {
    const bus = await underTest.open();
    const [control, ...topics] = [underTest.name("control"), underTest.name("topic"), underTest.name("topic")];
    await bus.ensureTopics([control, ...topics], 1);
    await bus.produce(topics.flatMap((topic) => numbered(topic, 0, 5)));
    const gate = createGate();
    const recorder = createRecorder({ during: () => gate.opened });
    const consumer = await underTest.consume(bus, { topics: [control, ...topics], maxMessages: 2 }, recorder);
    await until(() => recorder.batches.length === 1);
    const stopped = consumer.stop();
    expect(recorder.batches[0]?.isStale()).toBe(false);
    gate.open();
    await stopped;
    const place = `${recorder.batches[0]?.topic ?? ""}/0@0`;
    expect(recorder.events).toEqual(["assigned 0", `begin ${place}`, `end ${place}`, "revoked 0"]);
    await consumer.stop();
  },

  "a handler that rejects fails the consumer with its reason, and nothing more is delivered": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 5));
    const reason = new Error("the log is broken");
    const recorder = createRecorder({ during: async () => Promise.reject(reason) });
    const consumer = await underTest.consume(bus, { topics: [topic], maxMessages: 2 }, recorder);
    await expect(consumer.failed).rejects.toMatchObject({ name: "BusError", code: "handler", cause: reason });
    await consumer.stop();
    expect(recorder.events).toEqual(["assigned 0", `begin ${topic}/0@0`, "revoked 0"]);
  },

  "an assignment that rejects fails the consumer with its reason": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    const reason = new Error("no such log");
    const consumer = await underTest.consume(bus, { topics: [topic] }, { ...createRecorder(), assigned: async () => Promise.reject(reason) });
    await expect(consumer.failed).rejects.toMatchObject({ name: "BusError", code: "handler", cause: reason });
  },
};
