import {
  ConfigurationError,
  type ConfigurationProblem,
  type Endpoint,
  TransportNotInstalledError,
} from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import type { Plan } from "@streamll/sink/internal";
import { hasFigures } from "../broker/figures.js";
import { type Ask, managementOf } from "../broker/management.js";
import { lookingOptions } from "../broker/plan.js";
import { inFlags } from "../command/in-flags.js";
import { type Checked, type CheckId, type Finding, ok } from "./finding.js";
import { examineLogin } from "./login.js";
import { examineNetwork } from "./network.js";
import { examineClock, examineNode } from "./node.js";
import { examineProbe } from "./probe.js";
import { examineLimits, examineReaders, queuesOf } from "./queues.js";
import { examineRouting } from "./routing.js";
import type { Scene } from "./scene.js";
import { examineIdle } from "./watch.js";

export interface Examination {
  /** @throws ConfigurationError */
  plan(): Plan;
  readonly managementUrl: URL | undefined;
  readonly probe: boolean;
  readonly watchSeconds: number | undefined;
  readonly interrupted: AbortSignal;
  now(): number;
}

/** Looks at one thing after another, and gives each as soon as it is known. Changes nothing, but for the probe. */
export async function* examine(examination: Examination): AsyncGenerator<Checked> {
  const { managementUrl, probe, watchSeconds, interrupted, now } = examination;
  let plan: Plan | undefined;
  yield await timed("options", async () => {
    try {
      plan = examination.plan();
      return optionsOf(plan);
    } catch (error) {
      return misconfigured(error);
    }
  });
  if (plan === undefined) return;
  const options = lookingOptions(plan, "doctor");
  let endpoint: Endpoint | undefined;
  yield await timed("network", async () => {
    const network = await examineNetwork(plan!, options, now());
    endpoint = network.endpoint;
    return network.findings;
  });
  if (endpoint === undefined || interrupted.aborted) return;
  const provider = plan.connection.provider?.name;
  const ask: Ask = managementOf(managementUrl, endpoint, options, provider);
  const scene: Scene = { plan, options, endpoint, ask, interrupted, now };
  const login = await timed("login", () => examineLogin(scene));
  yield login;
  if (login.findings.some(({ status }) => status === "failed")) return;
  yield await timed("routing", () => examineRouting(scene));
  if (hasFigures(plan)) {
    const queues = await queuesOf(scene);
    yield await timed("limits", () => examineLimits(queues));
    yield await timed("readers", () => examineReaders(queues));
    yield await timed("node", () => examineNode(scene));
    yield await timed("clock", async () => {
      const asked = now();
      return examineClock(await ask("overview?columns=node"), asked, now());
    });
  }
  if (probe && !interrupted.aborted) yield await timed("probe", () => examineProbe(scene));
  if (watchSeconds !== undefined && !interrupted.aborted)
    yield await timed("watch", () => examineIdle(scene, watchSeconds));
}

async function timed(
  id: CheckId,
  look: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<Checked> {
  const start = performance.now();
  const findings = await look();
  return { id, findings, ms: Math.round(performance.now() - start) };
}

function optionsOf({ warnings, values }: Plan): Finding[] {
  const findings: Finding[] = warnings.map((warning) => ({
    status: "warning",
    reason: "options",
    detail: inFlags(warning),
  }));
  if (!values.publisherConfirms) {
    findings.push({
      status: "warning",
      reason: "not-confirmed",
      detail: "publisherConfirms is false: an event counts as sent once it is written, stored or not",
      remedy: { text: "Leave publisherConfirms at true; and await sink.stop() before the program ends" },
    });
  }
  return findings.length > 0 ? findings : [ok(`exchange ${values.exchange}, key ${values.routingKey}`)];
}

function misconfigured(error: unknown): Finding[] {
  const of = ({ option, message }: ConfigurationProblem): Finding => ({
    status: "failed",
    code: "CONFIGURATION",
    reason: "options",
    detail: inFlags(`${option}: ${message}`),
  });
  if (error instanceof ConfigurationError) return error.problems.map(of);
  if (!(error instanceof TransportNotInstalledError)) throw error;
  return [{ status: "failed", code: error.code, reason: "options", detail: textOf(error) }];
}
