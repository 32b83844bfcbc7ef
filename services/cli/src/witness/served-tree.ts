import { tilePath, widthOf, type ReadTile } from "@finality/transparency";
import { CliError } from "../exit-codes.ts";

/** A log's checkpoint and tiles where somebody serves them (C2SP tlog-tiles). Nothing that it says is believed unproved. */
export type ServedTree = {
  checkpoint(): Promise<string>;
  /** Of the tree of that many records. */
  tilesOf(size: number): ReadTile;
};

export type ServedTreeOptions = {
  /** What stands before `/checkpoint`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
};

const answerMsMax = 10_000;
/** A tile has 8,192 bytes; a note some hundred, and some hundred for each witness. */
const bytesMax = 100_000;

const bytesOf = async (url: string, response: Response): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new CliError("validation", `${url} is longer than ${String(bytesMax)} bytes: that is no checkpoint and no tile.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const refusalOf = (url: string, status: number): CliError => {
  if (status === 404) return new CliError("not_found", `There is no ${url}.`);
  if (status === 401 || status === 403) return new CliError("usage", `${url} asks for a token: set FINALITY_API_TOKEN.`);
  return new CliError("unavailable", `${url} answers ${String(status)}.`);
};

const fetched = async ({ token, signal }: ServedTreeOptions, url: string): Promise<Buffer> => {
  try {
    const response = await fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, signal: AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]) });
    if (!response.ok) {
      await response.body?.cancel();
      throw refusalOf(url, response.status);
    }
    return await bytesOf(url, response);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { message } = cause instanceof Error && cause.cause instanceof Error ? cause.cause : (cause as Error);
    throw new CliError("unavailable", `${url} cannot be read: ${message}`, { cause });
  }
};

export const servedTree = (options: ServedTreeOptions): ServedTree => ({
  checkpoint: async () => (await fetched(options, `${options.url}/checkpoint`)).toString("utf8"),
  tilesOf: (size) => (place) => fetched(options, `${options.url}/${tilePath(place, widthOf(place, size))}`),
});
