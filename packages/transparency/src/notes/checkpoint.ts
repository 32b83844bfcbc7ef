import { TransparencyError } from "../errors.ts";
import { hashBytes } from "../record-hashes.ts";

/** What is signed of a log: so many records have this root (C2SP tlog-checkpoint). */
export type LogCheckpoint = {
  /** What the tree is of, see `originOf`. */
  readonly origin: string;
  /** Records, counted from position 1. */
  readonly size: number;
  /** RFC 6962 root over their leaves. */
  readonly root: Uint8Array;
};

/** A log under one generation is one tree that only grows: `<deployment>/<log>/<generation>` (rule 34). */
export const originOf = (deployment: string, log: string, generation: number): string => `${deployment}/${log}/${String(generation)}`;

/** The unsigned text: origin, size and root, a line each. */
export const checkpointText = ({ origin, size, root }: LogCheckpoint): string => `${origin}\n${String(size)}\n${Buffer.from(root).toString("base64")}\n`;

const shape = /^(?<origin>[^\n]+)\n(?<size>0|[1-9]\d{0,15})\n(?<root>[A-Za-z0-9+/]+={0,2})\n$/;

/** Throws TransparencyError "bad_note" for text that is no checkpoint. */
export const parseCheckpoint = (text: string): LogCheckpoint => {
  const { origin, size, root } = shape.exec(text)?.groups ?? {};
  const hash = Buffer.from(root ?? "", "base64");
  if (origin === undefined || hash.length !== hashBytes || hash.toString("base64") !== root || !Number.isSafeInteger(Number(size))) throw new TransparencyError("bad_note", `This is no checkpoint of a log: "${text.slice(0, 100)}".`);
  return { origin, size: Number(size), root: hash };
};
