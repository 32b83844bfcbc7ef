// SHA-256 (FIPS 180-4) that can be written down in the middle and gone on with by another process, which Node's cannot. For hashes over
// many small pieces that a resumed run goes on with; whatever is hashed in one process uses node:crypto.

const blockBytes = 64;
const wordBytes = 4;

const isPrime = (number: number): boolean => {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return false;
  return true;
};

const primes: readonly number[] = Array.from({ length: 312 }, (_unused, index) => index).filter((number) => number > 1 && isPrime(number));

/** The first 32 bits of a root's fraction, exactly: an integer root of prime × 2^(32 × degree). */
const fractionOfRoot = (prime: number, degree: 2n | 3n): number => {
  const target = BigInt(prime) << (32n * degree);
  let [low, high] = [0n, 1n << 40n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= target) low = middle;
    else high = middle;
  }
  return Number(low & 0xffff_ffffn);
};

const roundConstants = Int32Array.from(primes, (prime) => fractionOfRoot(prime, 3n) | 0);
const startWords = Int32Array.from(primes.slice(0, 8), (prime) => fractionOfRoot(prime, 2n) | 0);

const rotated = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

const schedule = new Int32Array(blockBytes);

const expand = (block: DataView): void => {
  for (let index = 0; index < 16; index += 1) schedule[index] = block.getInt32(index * wordBytes);
  for (let index = 16; index < blockBytes; index += 1) {
    const [early, late] = [schedule[index - 15] ?? 0, schedule[index - 2] ?? 0];
    const one = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3);
    const two = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10);
    schedule[index] = ((schedule[index - 16] ?? 0) + one + (schedule[index - 7] ?? 0) + two) | 0;
  }
};

const compress = (words: Int32Array, block: DataView): void => {
  expand(block);
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = words;
  for (let index = 0; index < blockBytes; index += 1) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const one = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + (roundConstants[index] ?? 0) + (schedule[index] ?? 0)) | 0;
    const two = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) words[index] = ((words[index] ?? 0) + word) | 0;
};

export type RunningHash = {
  update(bytes: Uint8Array): void;
  /** Lower-case hex of everything so far; more may follow. */
  digest(): string;
  /** Everything that `runningHash` needs to go on. */
  saved(): string;
};

const hexOfWords = (words: Int32Array): string => [...words].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");

/** Saved: words in hex, bytes hashed, the bytes of the unfinished block in hex. */
const savedForm = /^([0-9a-f]{64}) (\d{1,15}) ((?:[0-9a-f]{2}){0,63})$/;

/** Undefined when `saved` is nothing that a running hash saved. */
export const runningHash = (saved?: string): RunningHash | undefined => {
  const words = Int32Array.from(startWords);
  const block = Buffer.alloc(blockBytes);
  let length = 0;
  if (saved !== undefined) {
    const [, stood = "", count = "", rest = ""] = savedForm.exec(saved) ?? [];
    if (stood === "" || Number(count) % blockBytes !== rest.length / 2) return undefined;
    for (let index = 0; index < words.length; index += 1) words[index] = Number.parseInt(stood.slice(index * 8, index * 8 + 8), 16) | 0;
    length = Number(count);
    block.write(rest, "hex");
  }
  const view = new DataView(block.buffer, block.byteOffset, blockBytes);
  const update = (bytes: Uint8Array): void => {
    for (let taken = 0; taken < bytes.length; ) {
      const filled = length % blockBytes;
      const taking = Math.min(blockBytes - filled, bytes.length - taken);
      block.set(bytes.subarray(taken, taken + taking), filled);
      taken += taking;
      length += taking;
      if (length % blockBytes === 0) compress(words, view);
    }
  };
  const state = (): string => `${hexOfWords(words)} ${String(length)} ${block.toString("hex", 0, length % blockBytes)}`;
  return {
    update,
    saved: state,
    digest: () => {
      const end = runningHash(state());
      end?.update(paddingBehind(length));
      return end?.saved().slice(0, 64) ?? "";
    },
  };
};

/** A 1, zeros to the last 8 bytes of a block, and there the length in bits. */
const paddingBehind = (length: number): Buffer => {
  const zeros = (2 * blockBytes - 1 - 8 - (length % blockBytes)) % blockBytes;
  const bytes = Buffer.alloc(1 + zeros + 8);
  bytes[0] = 0x80;
  bytes.writeBigUInt64BE(BigInt(length) * 8n, 1 + zeros);
  return bytes;
};
