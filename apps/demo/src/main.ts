import colors from "picocolors";
import { command } from "./command.js";

process.exitCode = await command(process.argv.slice(2), {
  colors,
  width: Math.min(process.stdout.columns ?? 110, 110),
  print: console.log,
  printError: console.error,
});
