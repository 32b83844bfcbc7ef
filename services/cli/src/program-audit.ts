import { Option, type Command } from "commander";
import type { runAuditFsck, runAuditProve, runAuditVerify } from "./commands/audit.ts";
import type { runAuditCosign } from "./commands/audit-cosign.ts";
import type { runForgetActors } from "./commands/forget-actors.ts";
import type { runKeysRotate, runKeysShow } from "./commands/audit-keys.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";
import type { runWitness } from "./commands/witness.ts";
import { data, json, sources, wholeNumber } from "./program-options.ts";

/** The auditor's commands. */
export const addAudit = (program: Command, config: Config, outcome: Outcome): void => {
  const audit = program.command("audit").description("prove what was recorded and decided, and check such proofs");
  audit
    .command("prove")
    .description("one file that proves a decision: what it was made from, that nothing was changed since, and how to decide it again")
    .argument("<decision>", "the decisionId of `finality hedges --json`, such as SPX-1-123; of any other decision log-generation-position")
    .requiredOption("--out <file>", "the file to write; refused when it exists")
    .option("--archive <folder>", "an archive that holds what has left the database")
    .addOption(data())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality hedges\n  finality audit prove SPX-1-123 --out proof.json\n  finality audit verify proof.json\n")
    .action(async (decision: string, options: Parameters<typeof runAuditProve>[2]) => { await (await import("./commands/audit.ts")).runAuditProve(config, decision, options); });
  audit
    .command("verify")
    .description("check a proof with nothing but the file: no database, no network; exit 6 when anything in it was changed")
    .argument("<file>", "what `finality audit prove` wrote")
    .option("--key <key>", "the public key that you trust, as name+id+key (default: the one in the file)")
    .option("--witness <key...>", "witnesses that must have signed the checkpoint, too, as name+id+key")
    .addOption(json())
    .action(async (file: string, options: Parameters<typeof runAuditVerify>[1]) => { outcome.code = await (await import("./commands/audit.ts")).runAuditVerify(file, options); });
  audit
    .command("cosign")
    .description("take in a checkpoint that a witness signed by `finality witness --from`; exit 6 when the log's key signed another history")
    .argument("<file>", "the signed checkpoint")
    .requiredOption("--witness <key>", "the witness's public key, as name+id+key")
    .addOption(data())
    .action(async (file: string, options: Parameters<typeof runAuditCosign>[2]) => { outcome.code = await (await import("./commands/audit-cosign.ts")).runAuditCosign(config, file, options); });
  const fsck = audit
    .command("fsck")
    .description("walk whole logs: records, tree, tiles, signed checkpoints, and the checkpoint outside the database; exit 6 with findings. With --source archive, --checkpoints and --key it needs no database")
    .option("--log <log>", "one log (default: all)")
    .option("--checkpoints <folder>", "where the newest checkpoints are kept outside the database")
    .option("--key <key>", "the public key that signs, as name+id+key");
  for (const option of [...sources(), data(), json()]) fsck.addOption(option);
  fsck
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality audit fsck\n  finality audit fsck --source archive --archive ./archive --checkpoints ./checkpoints --key finality+1a2b3c4d+AXk…\n")
    .action(async (options: Parameters<typeof runAuditFsck>[1]) => { outcome.code = await (await import("./commands/audit.ts")).runAuditFsck(config, options); });
  audit
    .command("forget-actors")
    .description("destroy the salt of the references that stand for people: nobody can tell any more whose they are; proofs stay valid")
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runForgetActors>[1]) => { await (await import("./commands/forget-actors.ts")).runForgetActors(config, options); });
  const keys = audit.command("keys").description("the keys that sign a data folder's checkpoints");
  keys
    .command("show")
    .description("public keys, the first one on top: what an auditor is given")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runKeysShow>[1]) => { (await import("./commands/audit-keys.ts")).runKeysShow(config, options); });
  keys
    .command("rotate")
    .description("a new key signs from the next start on; the old one says so")
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .action(async (options: Parameters<typeof runKeysRotate>[1]) => { await (await import("./commands/audit-keys.ts")).runKeysRotate(config, options); });
};

/** Somebody else's command: it needs nothing of ours. */
export const addWitness = (program: Command, config: Config, outcome: Outcome): void => {
  program
    .command("witness")
    .description("sign checkpoints of logs for another party, each only with the proof that it continues the one before; needs no database")
    .requiredOption("--name <name>", "names the witness in its signatures, such as witness.example.com")
    .requiredOption("--trust <key...>", "public keys of the logs to sign for, as name+id+key; a key signs the origins that begin with its name")
    .option("--state <folder>", "its key and what it signed last; never to be lost or set back (default: .data/witness)")
    .option("--host <address>", "address to listen on; whoever asks has to bring a note that a trusted key signed", "127.0.0.1")
    .addOption(new Option("--port <number>", "port; 0 takes a free one").argParser(wholeNumber({ from: 0, to: 65_535 })).default(8440))
    .option("--rotations <file>", "how the trusted key handed over to others: what finality audit keys show --json prints")
    .option("--from <url>", "be asked by nobody: fetch one log's checkpoints and tiles here (FINALITY_API_TOKEN is sent where it is set)")
    .option("--once", "with --from: look once; exit 6 where the log shows another history than the one signed")
    .addOption(new Option("--every <seconds>", "with --from: between two looks").argParser(wholeNumber({ from: 1, to: 86_400 })).default(60))
    .option("--out <file>", "with --from: where the signed checkpoint goes (default: stdout); finality audit cosign takes it in")
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality witness --name witness.example.com --trust finality+1a2b3c4d+AXk…\n  finality witness --name witness.example.com --trust finality+1a2b3c4d+AXk… --from http://127.0.0.1:8420/tlog/SPX --once\n")
    .action(async (options: Parameters<typeof runWitness>[1]) => { outcome.code = await (await import("./commands/witness.ts")).runWitness(config, options); });
};
