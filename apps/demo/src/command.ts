import { parseArgs } from "node:util";
import { ConfigurationError } from "@streamll/core";
import { textOf, told } from "@streamll/core/internal";
import { type DemoOutput, demo } from "./demo.js";
import { sources } from "./programs.js";

const help = `npm run demo -- [options]

A small retrieval program answers questions from this project's docs. Its events go through a message broker and are
read again: a tree of calls with times, tokens and one error, and then the sink's own report.

  --url URL        a RabbitMQ, such as amqp://guest:guest@localhost:5672/; without it, a broker in the process
  --source NAME    a program that is built on a framework: ai-sdk; without it, one of plain classes
  --ui             shows the run on a page too, as streamll ui does, until Ctrl-C
  --ask QUESTION   a question of your own in the place of its own; may be given again
  --help`;

export interface CommandOutput extends DemoOutput {
  printError(line: string): void;
  /** Aborts at Ctrl-C, which ends the page of `--ui`. */
  readonly ended?: AbortSignal;
}

/** @returns The exit code: 2 where the arguments are wrong. */
export async function command(args: string[], output: CommandOutput): Promise<number> {
  try {
    const { values } = parseArgs({
      args,
      options: {
        url: { type: "string" },
        source: { type: "string" },
        ask: { type: "string", multiple: true },
        ui: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      output.print(help);
      return 0;
    }
    const { url, ask: questions, source } = values;
    if (source !== undefined && !Object.hasOwn(sources, source))
      throw new ConfigurationError([
        {
          option: "--source",
          message: `write ${Object.keys(sources).join(" or ")}, not ${JSON.stringify(source)}`,
        },
      ]);
    const pageUntil = values.ui ? output.ended : undefined;
    return (await demo({ url, questions, source, pageUntil }, output)) ? 0 : 1;
  } catch (error) {
    // Where the arguments are wrong, Node quotes them.
    output.printError(output.colors.red(told(textOf(error))));
    return isWrongUsage(error) ? 2 : 1;
  }
}

const isWrongUsage = (error: unknown): boolean =>
  error instanceof ConfigurationError ||
  String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
