import type { Benchmark } from "../measurement.ts";
import { american } from "./american.ts";
import { book } from "./book.ts";
import { european } from "./european.ts";
import { impliedVols } from "./implied-vols.ts";
import { peers } from "./peers.ts";
import { surface } from "./surface.ts";

export const pricing: Benchmark = {
  name: "pricing",
  about: "nanoseconds an option beside C++ of the same run: prices and greeks, implied vols, American options, a book, smiles, npm's libraries",
  parts: [
    { name: "european", measure: european },
    { name: "implied-vols", measure: impliedVols },
    { name: "american", measure: american },
    { name: "book", measure: book },
    { name: "surface", measure: surface },
    { name: "peers", measure: peers },
  ],
};
