export { node as default } from "@finality/eslint-config";
