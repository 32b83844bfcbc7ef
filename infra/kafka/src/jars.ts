import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { KafkaBrokerError } from "./errors.ts";

const run = promisify(execFile);
const pom = join(import.meta.dirname, "../pom.xml");
const oldestJava = 17;
const longestFetchMs = 300_000;

/** Other versions in the pom are another folder, so that a change of it never runs on a mixture. */
const jarsFolder = join(import.meta.dirname, "../../../.data/kafka", `lib-${createHash("sha256").update(readFileSync(pom)).digest("hex").slice(0, 12)}`);

const wasNotFound = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

const noMaven = (cause: unknown): KafkaBrokerError =>
  new KafkaBrokerError("no_maven", "Kafka's jars are fetched by Maven, and there is no mvn on the path: install it (Debian: maven).", cause);

/** Throws KafkaBrokerError "no_java" unless the `java` on the path can run Kafka. */
const checkJava = async (): Promise<void> => {
  const advice = `Kafka needs Java ${String(oldestJava)} or newer: install it (Debian: default-jre-headless).`;
  const { stderr } = await run("java", ["-version"]).catch((error: unknown) => {
    throw new KafkaBrokerError("no_java", wasNotFound(error) ? `There is no java on the path. ${advice}` : `java -version failed. ${advice}`, error);
  });
  const version = /version "([^"]*)"/.exec(stderr)?.[1] ?? stderr;
  if (!(Number.parseInt(version, 10) >= oldestJava)) throw new KafkaBrokerError("no_java", `The java on the path is ${version}. ${advice}`);
};

const jarsAreHere = (): boolean => existsSync(jarsFolder);

/** Whether `startKafka` has what it needs; else throws KafkaBrokerError "no_java" or "no_maven". Fetches nothing. */
export const checkTools = async (): Promise<void> => {
  await checkJava();
  if (jarsAreHere()) return;
  await run("mvn", ["--version"]).catch((error: unknown) => {
    throw noMaven(error);
  });
};

/** Kafka's loaded classes as an image of memory: a node starts with a third of the work. Java ignores one of another Java. */
export const classArchive = join(jarsFolder, "classes.jsa");

/** What starts a Java that has Kafka on its class path; its jars are fetched by Maven at the first use. Any number of processes may ask at once. */
export const javaParameters = async (): Promise<readonly string[]> => {
  await checkJava();
  await fetchJars();
  const jars = (await readdir(jarsFolder)).filter((name) => name.endsWith(".jar")).sort(); // an archive knows the class path in its order
  const archive = existsSync(classArchive) ? [`-XX:SharedArchiveFile=${classArchive}`] : [];
  return [...archive, "-cp", jars.map((name) => join(jarsFolder, name)).join(delimiter)];
};

const fetchJars = async (): Promise<void> => {
  if (jarsAreHere()) return;
  await mkdir(dirname(jarsFolder), { recursive: true });
  const arriving = await mkdtemp(`${jarsFolder}-arriving-`);
  try {
    await run("mvn", ["-q", "-B", "--strict-checksums", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${arriving}`], { timeout: longestFetchMs });
    await rename(arriving, jarsFolder).catch((error: unknown) => {
      if (!jarsAreHere()) throw error; // else another process was faster
    });
  } catch (error) {
    if (wasNotFound(error)) throw noMaven(error);
    throw new KafkaBrokerError("no_jars", `Maven did not fetch the jars that ${pom} names: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    await rm(arriving, { recursive: true, force: true });
  }
};
