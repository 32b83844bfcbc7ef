import { main } from "./src/accuracy/main.ts";

process.exitCode = main(process.argv.slice(2));
