import { parseArgs } from "node:util";
import { textOf, told } from "@streamll/core/internal";
import { type DemoOutput, demo } from "./demo.js";

const help = `npm run demo -- [options]

A small retrieval program answers questions from this project's docs. Its events go through a message broker and are
read again: a tree of calls with times, tokens and one error, and then the sink's own report.

  --url URL        a RabbitMQ, such as amqp://guest:guest@localhost:5672/; without it, a broker in the process
  --ask QUESTION   a question of your own in the place of the four; may be given again
  --help`;

export interface CommandOutput extends DemoOutput {
  printError(line: string): void;
}

/** @returns The exit code. */
export async function command(args: string[], output: CommandOutput): Promise<number> {
  try {
    const { values } = parseArgs({
      args,
      options: {
        url: { type: "string" },
        ask: { type: "string", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      output.print(help);
      return 0;
    }
    return (await demo({ url: values.url, questions: values.ask }, output)) ? 0 : 1;
  } catch (error) {
    // Where the arguments are wrong, Node quotes them.
    output.printError(output.colors.red(told(textOf(error))));
    return 1;
  }
}
