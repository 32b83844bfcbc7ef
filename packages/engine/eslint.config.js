export { pure as default } from "@finality/eslint-config";
