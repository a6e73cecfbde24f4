import { managementUrlIn } from "../broker/management.js";
import { planOf } from "../broker/plan.js";
import type { Command } from "../command/command.js";
import { sinkFlags } from "../command/sink-flags.js";
import { exitCode } from "../exit.js";
import { wantsColour } from "../shell.js";
import { examine } from "./examine.js";
import type { Checked } from "./finding.js";
import { documentOf, isMisconfigured, isWell, lineRenderer, summaryOf } from "./report.js";

export const doctor: Command = {
  name: "doctor",
  summary: "Finds out why events do not arrive, and says what to do.",
  usage: "[URL] [options]",
  about: `Tries what a sink with these options does, one step after another: options, network, login, exchange
and queue, bindings, limits, readers, alarms, clocks. It declares nothing that is not there, and
publishes nothing without --probe. More is seen with the management API (--management-url); what
the user's rights hide is unknown, and fails nothing.

Exit code 0: nothing failed. 1: a check failed; with --strict also where one warns.
          2: the command line or an option is wrong. 129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    {
      name: "json",
      about: "One JSON document: { schema, ok, checks: [{ id, status, code, detail, remedy }] }.",
    },
    { name: "strict", about: "Warnings fail too." },
    {
      name: "probe",
      about: "Publishes one event, marked streamll_probe and expiring after 10 s. Real queues get it.",
    },
    {
      name: "watch",
      value: "SECONDS",
      about: "Keeps an idle connection for so long, and tells when it is cut.",
    },
    {
      name: "management-url",
      value: "URL",
      about:
        "The broker's HTTP API, with a login where it is another. Default: port 15672 of its host, with TLS 15671; 443 of a provider. [STREAMLL_MANAGEMENT_URL]",
    },
  ],
  optionFlags: sinkFlags,
  examples: [
    "streamll doctor amqp://guest:guest@localhost:5672/",
    "streamll doctor --routing-key 'app.{event_type}' --probe",
    "streamll doctor --json --strict",
    "streamll doctor --watch 300 --heartbeat 60",
  ],
  async run(args, { stdout, env, interrupted }) {
    const asJson = args.has("json");
    const render = lineRenderer(wantsColour(stdout, env));
    const all: Checked[] = [];
    const checks = examine({
      plan: () => planOf(args, env),
      managementUrl: managementUrlIn(args, env),
      probe: args.has("probe"),
      watchSeconds: args.count("watch"),
      interrupted,
      now: Date.now,
    });
    for await (const checked of checks) {
      all.push(checked);
      if (!asJson) stdout.write(`${render(checked)}\n`);
    }
    if (interrupted.aborted) return Number(interrupted.reason);
    const strict = args.has("strict");
    stdout.write(asJson ? `${documentOf(all, strict)}\n` : `\n${summaryOf(all)}\n`);
    if (isMisconfigured(all)) return exitCode.usage;
    return isWell(all, strict) ? exitCode.done : exitCode.failed;
  },
};
