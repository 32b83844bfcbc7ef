/** The one place that reads the environment of a service process. */
export const environmentOfProcess = (): Readonly<Record<string, string | undefined>> => Object.freeze({ ...process.env });
