import type { Fill, OrderReport, Side } from "@finality/contracts";

export type VenueOrder = {
  /** The command id; unique at the venue. */
  readonly clientOrderId: string;
  readonly log: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: Side;
  /** Contracts, decimal string. */
  readonly quantity: string;
  /** When it was decided, log time; a paper venue adds its latency to this. */
  readonly decidedUs: number;
  /** The venue refuses the order after this, wall clock of the house; absent: it never does (rule 20). */
  readonly submitByUs?: number;
};

export type SubmitAnswer =
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected"; readonly reason: string };

export type VenueOrderState = { readonly clientOrderId: string; readonly state: "open" | "filled" | "cancelled"; readonly filled: string };

/** What the venue tells an account, numbered without gaps by the venue. */
export type VenueReport =
  | { readonly sequence: number; readonly type: "order_report"; readonly log: string; readonly body: OrderReport }
  | { readonly sequence: number; readonly type: "fill"; readonly log: string; readonly body: Fill };

/** What an account holds, and the last things that this includes: one moment at the venue. */
export type VenuePositions = {
  /** The account's last report that is included; 0 before the first. */
  readonly sequence: number;
  /** The account's last fill of an order of the log that is included; undefined: none yet. */
  readonly lastFillId: string | undefined;
  /** Signed contracts, decimal strings; an instrument that is not here is flat. By name. */
  readonly positions: readonly { readonly instrument: string; readonly quantity: string }[];
};

/** A trading venue as the executor sees it. Throws `VenueError` "outcome_unknown" when the answer to a submission was lost. */
export interface Venue {
  /** Sends the order. Accepting is committed before the answer; a second submission of the same client order id is answered `rejected` `duplicate_client_order_id`. */
  submit(order: VenueOrder): Promise<SubmitAnswer>;
  /** Undefined: the venue has no such order (which proves nothing before the submission's deadline has passed, rule 20). */
  orderByClientId(clientOrderId: string): Promise<VenueOrderState | undefined>;
  /** Ends an open order, and reports `cancelled` with what was filled of it; does nothing to one that has ended or never was. */
  cancel(clientOrderId: string): Promise<void>;
  /** Client order ids of the account's open orders, by name. */
  openOrders(account: string): Promise<readonly string[]>;
  positions(account: string, log: string): Promise<VenuePositions>;
  /** Reports of an account behind `afterSequence`, in order. */
  reports(account: string, afterSequence: number, limit: number): Promise<readonly VenueReport[]>;
}
