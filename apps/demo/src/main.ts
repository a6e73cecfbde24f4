import colors from "picocolors";
import { command } from "./command.js";

const { env, stdout } = process;
// https://no-color.org and https://force-color.org; picocolors alone would colour a pipe too where CI is set.
const isColoured = stdout.isTTY
  ? stdout.hasColors()
  : /^(?!0$|false$)./.test(env.FORCE_COLOR ?? "") && !env.NO_COLOR;

const args = process.argv.slice(2);
const ended = new AbortController();
// Without a page, Ctrl-C ends the program as it always does.
if (args.includes("--ui")) process.once("SIGINT", () => ended.abort());

process.exitCode = await command(args, {
  colors: colors.createColors(isColoured),
  width: Math.min(stdout.columns ?? 110, 110),
  print: console.log,
  printError: console.error,
  ended: ended.signal,
});
