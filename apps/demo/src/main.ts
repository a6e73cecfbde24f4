import colors from "picocolors";
import { command } from "./command.js";

const { env, stdout } = process;
// Where CI is set, picocolors alone would put colour codes into a pipe too.
const isColoured = colors.isColorSupported && (stdout.isTTY || "FORCE_COLOR" in env);

process.exitCode = await command(process.argv.slice(2), {
  colors: colors.createColors(isColoured),
  width: Math.min(stdout.columns ?? 110, 110),
  print: console.log,
  printError: console.error,
});
