import { ConfigurationError } from "@streamll/core";
import { printableJson } from "@streamll/core/internal";
import { formatExplanation, RabbitMQSink } from "@streamll/sink";
import { writtenIn } from "./broker/plan.js";
import type { Command } from "./command/command.js";
import { sinkFlags } from "./command/sink-flags.js";
import { exitCode } from "./exit.js";

export const explain: Command = {
  name: "explain",
  summary: "Shows the resolved options and where each comes from; connects to nothing.",
  usage: "[URL] [options]",
  about: `Takes the options of pipe, from the command line and from the environment. Passwords are shown
as ***.
Exit code 0: the options are valid. 2: they are not, and each problem is reported.`,
  flags: [
    { name: "json", about: "A JSON document; with problems it is { problems: [{ option, message }] }." },
  ],
  optionFlags: sinkFlags,
  examples: ["streamll explain", "streamll explain amqps://broker.example/prod --queue-type quorum --json"],
  async run(args, { stdout, env }) {
    try {
      const explanation = RabbitMQSink.fromEnv(writtenIn(args), env).explain();
      const text = args.has("json")
        ? printableJson(JSON.stringify(explanation))
        : formatExplanation(explanation);
      stdout.write(`${text}\n`);
      return exitCode.done;
    } catch (error) {
      if (!(args.has("json") && error instanceof ConfigurationError)) throw error;
      stdout.write(`${printableJson(JSON.stringify({ problems: error.problems }))}\n`);
      return exitCode.usage;
    }
  },
};
