import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** One line of a gauge: a value and its labels. */
export type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number };

/** What a service tells Prometheus. Names end in their unit: `_total`, `_seconds`, `_bytes`, `_records` … */
export type Metrics = {
  /** Asked at each scrape; a sample that is gone is gone. */
  gauge(name: string, help: string, labels: readonly string[], read: () => readonly Sample[] | Promise<readonly Sample[]>): void;
  counter(name: string, help: string, labels?: readonly string[]): { add(labels: Readonly<Record<string, string>>, by?: number): void };
  histogram(name: string, help: string, bucketsSeconds: readonly number[]): { observe(seconds: number): void };
  /** The text of `/metrics` and its content type. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
};

/** Metrics of one process, each with the label `service`; Node's own (CPU, memory, event loop) are there from the start. */
export const createMetrics = (service: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return {
    gauge: (name, help, labels, read) => {
      const gauge = new Gauge({
        name,
        help,
        // Registered below, so that nothing is made without being kept.
        registers: [],
        labelNames: [...labels],
        async collect() {
          const samples = await read();
          this.reset();
          for (const sample of samples) this.set(sample.labels ?? {}, sample.value);
        },
      });
      registry.registerMetric(gauge);
    },
    counter: (name, help, labels = []) => {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] });
      return { add: (values, by = 1) => counter.inc(values, by) };
    },
    histogram: (name, help, bucketsSeconds) => {
      const histogram = new Histogram({ name, help, buckets: [...bucketsSeconds], registers: [registry] });
      return { observe: (seconds) => histogram.observe(seconds) };
    },
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
};
