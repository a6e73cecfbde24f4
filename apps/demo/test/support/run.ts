import pc from "picocolors";
import { command } from "../../src/command.js";

/** Runs the command in this process. */
export async function run(args: string[], colored = false) {
  const lines: string[] = [];
  const errors: string[] = [];
  const code = await command(args, {
    colors: pc.createColors(colored),
    width: 110,
    print: (line) => lines.push(line),
    printError: (line) => errors.push(line),
  });
  return { code, output: lines.join("\n"), errors };
}
