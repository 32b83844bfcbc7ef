/** PostgreSQL cuts longer names. */
const channelBytesMax = 63;

/** The notification channel of a log. Two logs may share one: a wake-up too many does no harm. */
export const logChannelOf = (log: string): string => `log_${log.toLowerCase().replaceAll(/[^a-z0-9]/g, "_")}`.slice(0, channelBytesMax);
