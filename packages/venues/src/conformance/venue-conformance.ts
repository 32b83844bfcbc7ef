import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Venue, VenueOrder, VenueReport } from "../venue.ts";

export type VenueUnderTest = {
  /** Another client of one and the same venue at each call. */
  open(): Venue;
  /** An order that the venue accepts and does not fill while the suite runs; ids and accounts that were never used before are put in. */
  readonly order: Omit<VenueOrder, "clientOrderId" | "account">;
};

/** A venue of the suite, and orders at it. */
type Desk = {
  /** Another client at each call. */
  readonly open: () => Venue;
  readonly venue: () => Venue;
  readonly newOrder: (more?: Partial<VenueOrder>) => VenueOrder;
  readonly accepted: (more?: Partial<VenueOrder>) => Promise<VenueOrder>;
};

/** What every adapter of `Venue` owes. */
export const venueConformance = (name: string, make: () => Promise<VenueUnderTest>): void => {
  describe(`venue conformance: ${name}`, () => {
    let underTest: VenueUnderTest;
    let venue: Venue;
    beforeAll(async () => {
      underTest = await make();
      venue = underTest.open();
    });
    const newOrder = (more: Partial<VenueOrder> = {}): VenueOrder => ({ ...underTest.order, clientOrderId: `order-${randomUUID()}`, account: `account-${randomUUID()}`, ...more });
    const accepted = async (more: Partial<VenueOrder> = {}): Promise<VenueOrder> => {
      const order = newOrder(more);
      expect(await venue.submit(order)).toEqual({ kind: "accepted" });
      return order;
    };
    const desk: Desk = { open: () => underTest.open(), venue: () => venue, newOrder, accepted };
    submitting(desk);
    cancelling(desk);
    telling(desk);
  });
};

const submitting = ({ open, venue, newOrder, accepted }: Desk): void => {
  test("what was accepted is known to every client, as open and unfilled", async () => {
    const { clientOrderId } = await accepted();
    expect(await open().orderByClientId(clientOrderId)).toEqual({ clientOrderId, state: "open", filled: "0" });
  });

  test("an order that was never submitted is not there", async () => {
    expect(await venue().orderByClientId(`order-${randomUUID()}`)).toBeUndefined();
  });

  test("a client order id is taken once, whatever the second order says", async () => {
    const order = await accepted();
    const rejected = { kind: "rejected", reason: "duplicate_client_order_id" };
    expect(await venue().submit(order)).toEqual(rejected);
    expect(await open().submit({ ...newOrder(), clientOrderId: order.clientOrderId })).toEqual(rejected);
  });

  test("of many submissions of one id at once exactly one is accepted", async () => {
    const order = newOrder();
    const answers = await Promise.all(Array.from({ length: 8 }, () => open().submit(order)));
    expect(answers.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
  });

  test.each([{ quantity: "0" }, { quantity: "-1" }, { instrument: "NO-SUCH-INSTRUMENT" }])("%o is rejected with a reason, and is no order", async (bad) => {
    const order = newOrder(bad);
    const reason: unknown = expect.stringMatching(/^[a-z0-9_]{1,60}$/);
    expect(await venue().submit(order)).toEqual({ kind: "rejected", reason });
    expect(await venue().orderByClientId(order.clientOrderId)).toBeUndefined();
  });

  test("a request past its time is rejected, and is no order", async () => {
    const order = newOrder({ submitByUs: 1 });
    expect(await venue().submit(order)).toMatchObject({ kind: "rejected" });
    expect(await venue().orderByClientId(order.clientOrderId)).toBeUndefined();
  });
};

const cancelling = ({ open, venue, accepted }: Desk): void => {
  test("a cancelled order says so, once, and stays cancelled", async () => {
    const { clientOrderId, account, log } = await accepted();
    await venue().cancel(clientOrderId);
    await venue().cancel(clientOrderId);
    expect(await venue().orderByClientId(clientOrderId)).toEqual({ clientOrderId, state: "cancelled", filled: "0" });
    const body: unknown = expect.objectContaining({ commandId: clientOrderId, account, state: "cancelled", cumulativeQuantity: "0", sequence: 1 });
    expect(await venue().reports(account, 0, 100)).toEqual([{ sequence: 1, type: "order_report", log, body }]);
  });

  test("open orders are those of the account that have not ended", async () => {
    const account = `account-${randomUUID()}`;
    const [one, other] = [await accepted({ account }), await accepted({ account })];
    await accepted();
    expect(await venue().openOrders(account)).toEqual([one.clientOrderId, other.clientOrderId].toSorted());
    await venue().cancel(one.clientOrderId);
    expect(await open().openOrders(account)).toEqual([other.clientOrderId]);
  });

  test("cancelling what is not there does nothing", async () => {
    await expect(venue().cancel(`order-${randomUUID()}`)).resolves.toBeUndefined();
  });
};

const telling = ({ venue, accepted }: Desk): void => {
  const reportsOf = (account: string, after = 0): Promise<readonly VenueReport[]> => venue().reports(account, after, 100);

  test("an account that never traded holds nothing, and its positions name the last report that they include", async () => {
    const { clientOrderId, account, log } = await accepted();
    expect(await venue().positions(account, log)).toEqual({ sequence: 0, lastFillId: undefined, positions: [] });
    await venue().cancel(clientOrderId);
    expect(await venue().positions(account, log)).toEqual({ sequence: 1, lastFillId: undefined, positions: [] });
  });

  test("an account's reports are numbered without gaps and read from any place", async () => {
    const account = `account-${randomUUID()}`;
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await accepted({ account })).clientOrderId);
    await Promise.all(ids.map((id) => venue().cancel(id)));
    const all = await reportsOf(account);
    expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(all.map(({ body }) => body.commandId).toSorted()).toEqual(ids.toSorted());
    expect(await venue().reports(account, 2, 2)).toEqual(all.slice(2, 4));
    expect(await reportsOf(account, 5)).toEqual([]);
  });
};
