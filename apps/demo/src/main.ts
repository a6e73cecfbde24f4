import colors from "picocolors";
import { command } from "./command.js";

const { env, stdout } = process;
// https://no-color.org and https://force-color.org; picocolors alone would colour a pipe too where CI is set.
const isColoured = stdout.isTTY
  ? stdout.hasColors()
  : /^(?!0$|false$)./.test(env.FORCE_COLOR ?? "") && !env.NO_COLOR;

process.exitCode = await command(process.argv.slice(2), {
  colors: colors.createColors(isColoured),
  width: Math.min(stdout.columns ?? 110, 110),
  print: console.log,
  printError: console.error,
});
