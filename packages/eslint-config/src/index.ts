/** The lint configurations of the house; a package's eslint.config.js re-exports one of them as its default. */
export { node, pure, testkit } from "./configurations.ts";
