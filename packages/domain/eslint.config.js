import { pure } from "@finality/eslint-config";

export default pure(import.meta.dirname);
