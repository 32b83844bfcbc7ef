import { canonicalJson } from "../json/canonical-json.ts";
import type { Message } from "./message.ts";

/** A message as it travels on the bus: RFC 8785 JSON, so that equal messages are equal bytes. */
export const encodeMessage = (message: Message): Uint8Array<ArrayBuffer> => canonicalJson(message);
