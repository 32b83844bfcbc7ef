export { testkit as default } from "@finality/eslint-config";
