import { expect, test } from "vitest";
import { sha256 } from "../record-hashes.ts";
import { formatAddCheckpoint, parseAddCheckpoint } from "./add-checkpoint.ts";

const note = "desk/SPX/1\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— desk Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
const hashes = (count: number) => Array.from({ length: count }, (_, index) => sha256(Buffer.of(index)));

test.each([0, 1, 63])("a question with %i hashes reads back as it was asked", (count) => {
  const asked = { old: count === 0 ? 0 : 5, proof: hashes(count), note };
  expect(parseAddCheckpoint(formatAddCheckpoint(asked))).toEqual(asked);
});

test("its shape is the one of C2SP tlog-witness", () => {
  const [hash = Buffer.alloc(0)] = hashes(1);
  expect(formatAddCheckpoint({ old: 5, proof: [hash], note })).toBe(`old 5\n${hash.toString("base64")}\n\n${note}`);
});

test.each(["", `old\n\n${note}`, `old 05\n\n${note}`, `old -1\n\n${note}`, `old 5\nno hash\n\n${note}`, `old 5\n${note}`, formatAddCheckpoint({ old: 5, proof: hashes(64), note }), `old 99999999999999999\n\n${note}`])("%j is none", (body) => {
  expect(() => parseAddCheckpoint(body)).toThrow(expect.objectContaining({ code: "bad_note" }));
});
