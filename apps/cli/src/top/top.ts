import { setTimeout } from "node:timers/promises";
import { printable, printableJson } from "@streamll/core/internal";
import { type Figures, gaugeOf, hasFigures } from "../broker/figures.js";
import { managementOf, managementUrlIn } from "../broker/management.js";
import { lookingOptions, planOf } from "../broker/plan.js";
import type { Command } from "../command/command.js";
import { sinkFlags } from "../command/sink-flags.js";
import { exitCode, UsageError, unlessAborted } from "../exit.js";
import { Notes } from "../notes.js";
import { toldIfSlow, waitingFor } from "../patience.js";
import { type Output, wantsColour } from "../shell.js";
import { draw, type Shown } from "./draw.js";

const DEFAULT_SECONDS = 2;
/** Where the output does not say. */
const SIZE = { columns: 100, rows: 40 };

export const top: Command = {
  name: "top",
  summary: "Shows depth, rates, readers, sinks and dead letters, again and again.",
  usage: "[URL] [options]",
  about: `Looks at the queues that the events of a sink with these options reach. Over AMQP alone it shows what
waits, how fast that grows and how many read; the management API adds rates, what is unacknowledged,
and the sinks that are connected. It declares nothing and reads no event.

Exit code 0: --once has shown the figures. 1: the broker could not be asked.
          2: the command line is wrong. 129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    { name: "once", about: "Shows the figures once, as text." },
    { name: "json", about: "A JSON document a look, on a line: { schema, at, queues, sinks }." },
    { name: "interval", value: "SECONDS", about: "Between two looks. Default 2." },
    {
      name: "management-url",
      value: "URL",
      about: "The broker's HTTP API, as in doctor. [STREAMLL_MANAGEMENT_URL]",
    },
  ],
  optionFlags: sinkFlags,
  examples: [
    "streamll top amqp://guest:guest@localhost:5672/",
    "streamll top --once --json | jq '.queues[].ready'",
  ],
  async run(args, { stdout, stderr, env, interrupted }) {
    const plan = planOf(args, env);
    if (!hasFigures(plan)) throw new UsageError(`top looks at RabbitMQ, not at ${plan.transport.name}`);
    const seconds = args.count("interval") ?? DEFAULT_SECONDS;
    const options = lookingOptions(plan, "top");
    const managementUrl = managementUrlIn(args, env);
    const endpoint = plan.endpoints[0]!;
    const ask = managementOf(managementUrl, endpoint, options, plan.connection.provider?.name);
    const gauge = gaugeOf(plan, endpoint, options, ask);
    const [once, asJson] = [args.has("once"), args.has("json")];
    const screen = stdout.isTTY && !once && !asJson ? fullScreen(stdout) : undefined;
    const notes = new Notes(stderr, wantsColour(stderr, env));
    let last: Look | undefined;
    try {
      while (!interrupted.aborted) {
        const reading = unlessAborted(gauge.read(), interrupted);
        const read = await toldIfSlow(reading, () => last ?? notes.info(waitingFor(endpoint.label)));
        if (read === undefined) break;
        const { error, ...figures } = read;
        if (error !== undefined && last === undefined) throw error;
        const look = { at: performance.now(), figures };
        const queues = figures.queues.map(
          (queue): Shown => ({ ...queue, change: changeOf(queue, last, look.at) }),
        );
        const title = `streamll top  ${printable(plan.values.exchange)} on ${endpoint.label}`;
        const drawing = { colour: wantsColour(stdout, env), ...SIZE, ...(screen?.size() ?? {}) };
        const lines = asJson
          ? [documentOf({ ...figures, queues })]
          : draw(error === undefined ? title : `${title}: ${error.message}`, { ...figures, queues }, drawing);
        if (screen === undefined) stdout.write(`${lines.join("\n")}\n`);
        else screen.show(lines);
        if (once) return exitCode.done;
        last = look;
        await setTimeout(seconds * 1000, undefined, { signal: interrupted }).catch(() => {});
      }
      return Number(interrupted.reason);
    } finally {
      screen?.close();
      await gauge.close();
    }
  },
};

interface Look {
  readonly at: number;
  readonly figures: Pick<Figures, "queues">;
}

function changeOf({ name, ready }: Shown, last: Look | undefined, now: number): number | undefined {
  const before = last?.figures.queues.find((queue) => queue.name === name)?.ready;
  if (before === undefined || ready === undefined || last === undefined) return undefined;
  return ((ready - before) * 1000) / (now - last.at);
}

const documentOf = (figures: Omit<Figures, "error">): string =>
  printableJson(JSON.stringify({ schema: "streamll.top/1", at: new Date().toISOString(), ...figures }));

/** The terminal's other screen, without a cursor; what stood there comes back at the end. */
function fullScreen(output: Output & { readonly rows?: number }) {
  output.write("\u001b[?1049h\u001b[?25l");
  return {
    size: () => ({ columns: output.columns ?? SIZE.columns, rows: (output.rows ?? SIZE.rows) - 1 }),
    show: (lines: readonly string[]) =>
      output.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\r\n")}\u001b[J`),
    close: () => output.write("\u001b[?25h\u001b[?1049l"),
  };
}
