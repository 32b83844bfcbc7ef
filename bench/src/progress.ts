/** What a long measurement is at, for whoever waits; on standard error, so that --json stays alone on standard output. */
export const progress = (text: string): void => void process.stderr.write(`  ${text}\n`);
