// The encoding classes belong to the language's hosts, not to the host that pure code may not see: they read no state and give the same
// bytes everywhere. They are declared here because the pure tsconfig knows no host at all.
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
declare const TextDecoder: new (label: "utf-8", options: { readonly fatal: true; readonly ignoreBOM: true }) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `text` must be well formed; a lone surrogate would silently become U+FFFD. */
export const utf8Of = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** Throws a `TypeError` on bytes that are not UTF-8. A byte order mark stays in the text. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);
