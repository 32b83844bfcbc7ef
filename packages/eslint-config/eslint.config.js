import { node } from "./src/index.ts";

export default node;
