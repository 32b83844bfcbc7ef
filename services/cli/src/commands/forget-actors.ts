import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { forgetActors, hasActorSalt } from "../house/actor.ts";
import { printData, printJson, say } from "../output.ts";
import { withData, type DataOptions } from "./with-data.ts";

type ForgetOptions = DataOptions & { readonly yes?: true; readonly json?: true };

/** Destroys the key of the references that stand for people (rule 40). Records, hashes and proofs hold the references and stay as they are. */
export const runForgetActors = (config: Config, options: ForgetOptions): Promise<void> =>
  withData(config, options, async ({ database, ownFolder }) => {
    const done = async (): Promise<readonly { readonly saltId: string; readonly destroyedAt: Date }[]> =>
      (await database.query<{ saltId: string; destroyedAt: Date }>(`SELECT encode(salt_id, 'hex') AS "saltId", destroyed_at AS "destroyedAt" FROM audit.salt_destroyed ORDER BY destroyed_at, salt_id`)).rows;
    if (!hasActorSalt(ownFolder)) {
      const last = (await done()).at(-1);
      throw new CliError("not_found", `There is no salt of actor references in ${ownFolder}${last === undefined ? ": nobody gave an order from here" : `; the last one that this database knows of was destroyed at ${last.destroyedAt.toISOString()}`}.`);
    }
    if (options.yes !== true) throw new CliError("usage", `The salt in ${ownFolder} is destroyed, which cannot be taken back: nobody can tell any more whose an order, halt or release was that was given from here. Repeat the command with --yes.`);
    const forgotten = await forgetActors(ownFolder, async (saltId) => {
      await database.query("INSERT INTO audit.salt_destroyed (salt_id) VALUES (decode($1, 'hex')) ON CONFLICT (salt_id) DO NOTHING", [saltId]);
    });
    if (options.json === true) printJson({ forgotten, destroyed: await done() });
    else {
      printData(`${forgotten.map((saltId) => `The salt ${saltId.slice(0, 16)}…`).join(", ")} is destroyed: references made with it mean nobody. Whoever gives an order from here next gets a new one.`);
      say(`Copies of ${ownFolder}/actor-salt in backups have to be destroyed too. Records, hashes and proofs are as they were.`);
    }
  });
