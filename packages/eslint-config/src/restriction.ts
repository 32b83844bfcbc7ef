/** One entry of ESLint's `no-restricted-syntax`: an esquery selector and the sentence shown where it matches. */
export type Restriction = { readonly selector: string; readonly message: string };
