import { DecimalString } from "@finality/contracts";
import type { Queryable } from "@finality/database";
import { decimal } from "@finality/domain";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { VenueError } from "../errors.ts";

/** What the paper venue assumes, stated by a dataset's manifest or by whoever opens a live log. */
export const VenueTerms = Type.Object(
  {
    /** From the decision to the order's arrival at the venue, milliseconds; at least 1, so that an order never arrives in the instant that made it. */
    latencyMs: Type.Integer({ minimum: 1, maximum: 86_400_000 }),
    /** In the instrument's currency; below 0 it is a rebate. */
    feePerContract: DecimalString,
    /** Share of quantity x multiplier x price (inverse futures: quantity x multiplier / price), added to the fee per contract. */
    feeShareOfNotional: DecimalString,
    /** An order trades at the quote prevailing at its arrival if that is not older, else at the instrument's next one. Milliseconds of log time. */
    quoteAgeMaxMs: Type.Integer({ minimum: 1 }),
    /**
     * Share of a quote's shown size that one order may take, in (0, 1], rounded down to the lot; the rest trades at the next quotes. Orders do
     * not take size from each other. Null, and where no size is shown: an order fills whole.
     */
    maxShareOfSize: Type.Union([DecimalString, Type.Null()]),
  },
  { additionalProperties: false },
);
export type VenueTerms = Static<typeof VenueTerms>;

const validator = Compile(VenueTerms);

/** Throws VenueError "bad_terms" that names the place and the value. */
export const parseVenueTerms = (value: unknown): VenueTerms => {
  if (!validator.Check(value)) {
    const [first] = validator.Errors(value);
    const place = first === undefined || first.instancePath === "" ? "the terms" : first.instancePath;
    throw new VenueError("bad_terms", `The venue's terms are wrong at ${place}: ${first?.message ?? "no such shape"}. They are ${JSON.stringify(value)}.`);
  }
  const { maxShareOfSize } = value;
  if (maxShareOfSize !== null && (decimal(maxShareOfSize).lte(0) || decimal(maxShareOfSize).gt(1))) {
    throw new VenueError("bad_terms", `The venue's terms are wrong at /maxShareOfSize: it must be above 0 and at most 1, got ${maxShareOfSize}.`);
  }
  return value;
};

/** Opens the paper venue for a log, or states other terms for what arrives from now on. Throws "bad_terms". */
export const setVenueTerms = async (database: Queryable, log: string, terms: unknown): Promise<void> => {
  const sql = "INSERT INTO venue.terms (log, terms) VALUES ($1, $2) ON CONFLICT (log) DO UPDATE SET terms = excluded.terms";
  await database.query(sql, [log, JSON.stringify(parseVenueTerms(terms))]);
};

/** Undefined: the paper venue was not opened for this log. */
export const venueTermsOf = async (database: Queryable, log: string): Promise<VenueTerms | undefined> => {
  const { rows } = await database.query<{ readonly terms: unknown }>("SELECT terms FROM venue.terms WHERE log = $1", [log]);
  return rows.map(({ terms }) => parseVenueTerms(terms))[0];
};
