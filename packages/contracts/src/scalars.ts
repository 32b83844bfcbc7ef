import { Type, type Static } from "typebox";

/** An exact decimal as a string: optional minus, digits, optional fraction. No exponent, so that one value has few spellings. */
export const DecimalString = Type.String({ pattern: "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$", maxLength: 60 });
export type DecimalString = Static<typeof DecimalString>;

/** Microseconds since 1970-01-01T00:00:00Z, an integer; exact in a double until the year 2255. */
export const TimeUs = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Names that people and venues give: instruments, books, accounts, ids of fills and trades. No spaces, no colon (BullMQ reserves it). */
export const Name = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._/-]*$", minLength: 1, maxLength: 80 });

/** A reason as a code: lower case, digits, underscores; never free text (rule 40). */
const reasonPattern = "^[a-z0-9_]{1,60}$";
export const ReasonCode = Type.String({ pattern: reasonPattern });
export const isReasonCode = (text: string): boolean => new RegExp(reasonPattern).test(text);

export const Side = Type.Union([Type.Literal("buy"), Type.Literal("sell")]);
export type Side = Static<typeof Side>;

/** Lower-case SHA-256 in hex. */
export const HashHex = Type.String({ pattern: "^[0-9a-f]{64}$" });
