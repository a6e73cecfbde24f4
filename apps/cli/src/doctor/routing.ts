import type { Topology, TransportError } from "@streamll/core";
import { examineBindings } from "./bindings.js";
import { type Finding, ok } from "./finding.js";
import { explained, isOfQueue } from "./login.js";
import { attempt, isAmqp, isServiceBus, isStream, type Scene } from "./scene.js";

/** Whether all that the sink needs is there, as the sink would make it, and takes its events. */
export async function examineRouting(scene: Scene): Promise<Finding[]> {
  const { plan } = scene;
  if (plan.transport.name === "memory") return [ok("the broker of this process begins empty")];
  const findings: Finding[] = [];
  const there: Topology[] = [];
  for (const part of partsOf(scene)) {
    const error = await attempt(scene, { ...part, mode: "passive" });
    if (error !== undefined) findings.push(await absent(error, part, scene));
    else there.push(part);
  }
  // What is there is declared once more, as the sink does: that makes nothing, and tells what differs.
  if (plan.topology.mode === "declare" && !isServiceBus(scene)) {
    for (const part of there) {
      const error = await attempt(scene, { ...part, mode: "declare" });
      if (error !== undefined) findings.push(await differing(error, scene));
    }
  }
  if (isServiceBus(scene)) findings.push(unseenSubscription);
  if (
    isAmqp(scene) &&
    there.some(({ exchanges }) => exchanges.some(({ name }) => name === plan.values.exchange))
  )
    findings.push(...(await examineBindings(scene)));
  return findings.length > 0
    ? findings
    : [ok(`${there.map(nameOf).join(", ")}: there, as the sink wants it`)];
}

/** Each exchange and queue by itself, without bindings; of streams all at once, as their protocol has it. */
function partsOf(scene: Scene): Topology[] {
  const { topology, values } = scene.plan;
  if (isStream(scene) || isServiceBus(scene)) return [topology];
  const empty = { mode: "passive", exchanges: [], queues: [], bindings: [] } as const;
  const exchanges =
    topology.mode === "none" && values.exchange !== ""
      ? [{ name: values.exchange, type: "topic", arguments: {} }]
      : topology.exchanges;
  return [
    ...exchanges.map((exchange) => ({ ...empty, exchanges: [exchange] })),
    ...topology.queues.map((queue) => ({ ...empty, queues: [queue] })),
  ];
}

function nameOf({ exchanges, queues }: Topology): string {
  const kind = exchanges.length > 0 ? "exchange" : "queue";
  return `${kind} ${[...exchanges, ...queues].map(({ name }) => name).join(", ")}`;
}

async function absent(error: TransportError, part: Topology, scene: Scene): Promise<Finding> {
  const { plan } = scene;
  if (error.kind === "blocked" && isServiceBus(scene))
    return { ...failed(error, "entity"), remedy: { text: "Enable the queue or topic" } };
  if (error.kind !== "not-found") {
    return error.kind === "topology-conflict" ? differing(error, scene) : explained(error, scene);
  }
  if (plan.topology.mode === "declare" && (isAmqp(scene) || isOfQueue(error, scene))) {
    return {
      status: "warning",
      code: error.code,
      reason: "missing",
      detail: `${nameOf(part)} is not there yet: no sink with these options has been here`,
      remedy: { text: "A sink makes it when it starts. Where one has, it used another name or virtual host" },
    };
  }
  return {
    ...failed(error, "missing"),
    remedy: { text: `Make the ${nameOf(part)}, or let the sink do it: declareTopology: "declare"` },
  };
}

async function differing(error: TransportError, scene: Scene): Promise<Finding> {
  if (error.kind !== "topology-conflict") return explained(error, scene);
  return {
    ...failed(error, "conflict"),
    remedy: {
      text: 'Use the settings that it has, another name, or declareTopology: "passive"; or delete it',
    },
  };
}

const failed = ({ code, message }: TransportError, reason: Finding["reason"] & string): Finding => ({
  status: "failed",
  code,
  reason,
  detail: message,
});

const unseenSubscription: Finding = {
  status: "unknown",
  reason: "entity",
  detail: "whether a topic has a subscription, and how full it is, needs the claim Manage",
  remedy: { text: "A topic without a subscription drops what it takes: see it in the Azure portal" },
};
