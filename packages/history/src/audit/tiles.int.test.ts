import { canonicalJson } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { recordedLog } from "@finality/desk-log";
import { createLogReader, type LogReader } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { checkpointText, followRotations, openGrowingTiles, originOf, rootOf, sha256, signerFromPem, signNote } from "@finality/transparency";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTreeStore, type TreeStore } from "../attested/tree-store.ts";
import type { DecisionProof } from "./decision-proof.ts";
import { fsckLog } from "./fsck.ts";
import { proveDecision } from "./prove-decision.ts";
import { verifyDecisionProof } from "./verify-proof.ts";

// A log of two full tiles, a partial one and one above them. Prices, key and hence every byte are the same on each run.

const log = "SPX";
/** For this test alone: a key that nobody may trust. */
const key = signerFromPem("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n", "desk");
const eras = followRotations(key, []);
let data: TestDatabase;
let reader: LogReader;
let tree: TreeStore;
let note = "";

beforeAll(async () => {
  data = await testDatabase();
  const recorded = await recordedLog(data.database);
  while (recorded.head() < 560) await recorded.step();
  reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  tree = createTreeStore(data.database);
  const growing = await openGrowingTiles(tree.readTile(log), 0);
  const tiles = growing.append((await reader.read(log, 0, 10_000)).map(({ leafHash }) => leafHash));
  const [size, root] = [growing.size, rootOf(growing.frontier())];
  note = signNote(checkpointText({ origin: originOf("desk", log, 1), size, root }), [key]);
  await tree.save(log, tiles, { log, generation: 1, size, root, note });
});
afterAll(async () => {
  await data.dispose();
});

const decisions = async (): Promise<readonly string[]> => {
  const { rows } = await data.database.query<{ position: number }>("SELECT position FROM event_log.record WHERE log = $1 AND type = 'HedgeDecided' ORDER BY position", [log]);
  return [rows[0], rows.find(({ position }) => position > 300), rows.at(-1)].map((row) => `${log}-1-${String(row?.position)}`);
};
const prove = (id: string): Promise<DecisionProof> => proveDecision({ source: reader, tree, key: key.text, rotations: [] }, id);
const fsck = () => fsckLog({ source: reader, tree, eras }, log);

test("checkpoint, walk and proofs are the bytes that they were", async () => {
  expect(note).toMatchInlineSnapshot(`
    "desk/SPX/1
    561
    WoGabrtr2WLeV0Y6Dyuah0PoxpoYXm7tSjbTdAcVEk0=

    — desk rgzw28yHMURtlMf2znM2qXSqGbDvJNOIIynIwuWtM0znMZfzNNIg28u7ujF0fFK9R0OOzSpy5Pz5lZkuNFrNBkBofw8=
    "
  `);
  expect(await fsck()).toMatchInlineSnapshot(`
    {
      "attested": 561,
      "checkpoints": 1,
      "findings": [],
      "log": "SPX",
      "records": 561,
    }
  `);
  const proofs = await Promise.all((await decisions()).map(prove));
  for (const proof of proofs) expect(await verifyDecisionProof(proof, key.text)).toMatchObject({ failure: undefined });
  // The state's compressed bytes are zstd's; its hash stands beside them.
  const digests = proofs.map(({ snapshot, ...proof }) => `${proof.decisionId} ${sha256(canonicalJson({ ...proof, stateHash: snapshot?.stateHash ?? "" })).toString("hex")}`);
  expect(digests).toMatchInlineSnapshot(`
    [
      "SPX-1-9 1605b59c46c39c3fc001408eba2215eadbb944d30133da07e4af10029441fdef",
      "SPX-1-305 b368d91aad4a4c8a4447afdd0cddd5a2b39aa4ef2766929563c389ba42e9d61e",
      "SPX-1-553 bdc8ba42e442f420cf19fa617d3a44d342a12ccab4b4c2ebc1894e38b6bb31a0",
    ]
  `);
});

test.each([
  { level: 0, index: 0, name: "tile/0/000" },
  { level: 0, index: 1, name: "tile/0/001" },
  { level: 0, index: 2, name: "tile/0/002.p/" },
  { level: 1, index: 0, name: "tile/1/000.p/" },
])("a changed $name is named by the walk, and by whoever proves over it; other proofs hold", async ({ level, index, name }) => {
  const { rows } = await data.database.query<{ hashes: Buffer }>('SELECT hashes FROM transparency.tile WHERE log = $1 AND level = $2 AND "index" = $3', [log, level, index]);
  const spoil = (hashes: Buffer | undefined) => data.database.query('UPDATE transparency.tile SET hashes = $4 WHERE log = $1 AND level = $2 AND "index" = $3', [log, level, index, hashes]);
  const changed = Buffer.from(rows[0]?.hashes ?? []);
  changed[33] = (changed[33] ?? 0) ^ 1;
  await spoil(changed);
  try {
    expect((await fsck()).findings).toEqual([{ log, what: "tile", position: undefined, says: `tile ${String(level)}/${String(index)} is not what the records make` }]);
    const outcomes = await Promise.all(
      (await decisions()).map((id) =>
        prove(id).then(
          async (proof) => (await verifyDecisionProof(proof, key.text)).failure ?? "holds",
          (error: unknown) => (error instanceof Error && error.message.includes(name) ? "named" : String(error)),
        ),
      ),
    );
    expect(outcomes).toContain("named");
    expect(outcomes.filter((outcome) => outcome !== "named" && outcome !== "holds")).toEqual([]);
  } finally {
    await spoil(rows[0]?.hashes);
  }
});

test("a full tile that is gone is named", async () => {
  await data.database.query(`DELETE FROM transparency.tile WHERE log = 'SPX' AND level = 0 AND "index" = 1`);
  const [, middle = ""] = await decisions();
  await expect(prove(middle)).rejects.toMatchObject({ name: "TransparencyError", code: "bad_tile", message: expect.stringContaining("tile/0/001") });
  expect((await fsck()).findings).toMatchObject([{ what: "tile" }]);
});
