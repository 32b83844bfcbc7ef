import { destination, pino } from "pino";

/** What code writes to. Fields first, then one sentence. */
export type Logger = {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
};

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export type LoggerOptions = {
  /** In each line as `service`. */
  readonly service: string;
  readonly level: LogLevel;
  /** Where lines go; default stderr. */
  readonly write?: (line: string) => void;
};

const secretKeys = ["password", "passwd", "secret", "token", "apiKey", "authorization", "cookie", "privateKey"];
const redactedPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
const redacted = "[redacted]";

/** The password of `user:password@` in a URL, wherever in a text it stands. */
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/]*:)[^\s@/]+@/gi;
const withoutPasswords = (line: string): string => line.replaceAll(urlPassword, `$1${redacted}@`);

/** JSON lines, one event a line; what has a secret's name is left out, and so are passwords inside URLs (rule 41). */
export const createLogger = ({ service, level, write }: LoggerOptions): Logger => {
  const target = write === undefined ? destination({ dest: 2, sync: true }) : { write };
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: redacted },
      hooks: { streamWrite: withoutPasswords },
    },
    target,
  );
};

const nothing = (): void => undefined;

/** For the demo, whose terminal shows something better. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
