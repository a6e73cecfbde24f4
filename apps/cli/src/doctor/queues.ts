import { isPlainObject } from "@streamll/core/internal";
import { closeOrDestroy, openAmqp } from "../broker/amqp.js";
import { queuesBoundTo } from "../broker/bindings.js";
import { askForQueues, countOverAmqp, type Queue } from "../broker/queues.js";
import { type Finding, ok, unknown } from "./finding.js";
import { isAmqp, type Scene } from "./scene.js";
import { count } from "./words.js";

/** An exchange may have thousands. */
const MOST_QUEUES = 20;

export interface Queues {
  readonly all: readonly Queue[];
  /** Why limits and acknowledgements are not known. */
  readonly hidden?: string;
}

/** The queues that the sink's events reach: from the management API; else what AMQP tells of the sink's own. */
export async function queuesOf(scene: Scene): Promise<Queues> {
  const { plan, endpoint, ask } = scene;
  const own = plan.topology.queues.map(({ name }) => name);
  const vhost = endpoint.path || "/";
  const bound = await queuesBoundTo(ask, vhost, [plan.values.exchange]);
  const names = [...new Set([...own, ...bound])].slice(0, MOST_QUEUES);
  const { all, hidden } = await askForQueues(ask, vhost, names);
  const counted = isAmqp(scene) ? await countedNow(scene, names) : [];
  if (hidden !== undefined) return { all: counted, hidden };
  return { all: all.map((queue) => ({ ...queue, ...counted.find(({ name }) => name === queue.name) })) };
}

async function countedNow({ endpoint, options }: Scene, names: readonly string[]): Promise<Queue[]> {
  const model = await openAmqp({ endpoint, options }).catch(() => undefined);
  if (model === undefined) return [];
  return countOverAmqp(model, names).finally(() => closeOrDestroy(model));
}

/** What lets confirmed events go again. */
export function examineLimits({ all, hidden }: Queues): Finding[] {
  if (hidden !== undefined) return [unknown(`limits of queues and policies: ${hidden}`)];
  const findings = all.flatMap(limitsOf);
  return findings.length > 0 ? findings : [ok(`${count(all.length, "queue")}: no limit lets events go`)];
}

function limitsOf(queue: Queue): Finding[] {
  const { name, policy } = queue;
  const from = (setting: string) =>
    queue.arguments?.[`x-${setting}`] === undefined ? `policy "${policy}"` : "its arguments";
  const value = (setting: string) => settingOf(queue, setting);
  const findings: Finding[] = [];
  const most = ["max-length", "max-length-bytes"].filter((setting) => value(setting) !== undefined);
  const isStream = queue.arguments?.["x-queue-type"] === "stream";
  if (most.length > 0 && !isStream && !String(value("overflow") ?? "").startsWith("reject-publish")) {
    const limits = most.map((setting) => `${setting} ${value(setting)} (${from(setting)})`).join(", ");
    findings.push({
      status: "warning",
      reason: "queue-drops",
      detail: `${name}: ${limits}, drop-head: when it is full, confirmed events go`,
      remedy: { text: 'Let it be read, raise the limit, or set overflow to "reject-publish"' },
    });
  }
  for (const [setting, what] of [
    ["message-ttl", "events expire"],
    ["expires", "the queue is deleted when nobody uses it"],
  ] as const) {
    if (value(setting) === undefined) continue;
    findings.push({
      status: "warning",
      reason: "expiry",
      detail: `${name}: ${what} after ${Number(value(setting)) / 1000} s (${from(setting)})`,
      remedy: { text: "Read it within that time, or raise it" },
    });
  }
  return findings;
}

/** Of argument and policy the lower wins; here it is enough that there is one. */
function settingOf(
  { arguments: own = {}, effective_policy_definition: policy }: Queue,
  name: string,
): unknown {
  return own[`x-${name}`] ?? (isPlainObject(policy) ? policy[name] : undefined);
}

/** Whether somebody takes the events, and acknowledges them. */
export function examineReaders({ all, hidden }: Queues): Finding[] {
  if (all.length === 0) {
    return [unknown(hidden === undefined ? "no queue to be read" : `who reads: ${hidden}`)];
  }
  return all.map((queue) => readersOf(queue));
}

function readersOf(queue: Queue): Finding {
  const { name, consumers = 0, messages_ready: ready = 0, messages_unacknowledged: unacked = 0 } = queue;
  const detail = `${name}: ${count(consumers, "consumer")}, ${ready.toLocaleString("en")} ready`;
  if (consumers === 0) {
    return {
      status: "warning",
      reason: "no-reader",
      detail: `${detail}: nobody reads it, and it grows`,
      remedy: { text: "Start its consumer; or give it messageTtl or a limit, if nobody is to read it" },
    };
  }
  const { consumer_details: details = [], message_stats: stats } = queue;
  const window = details.reduce((sum, { prefetch_count = 0 }) => sum + prefetch_count, 0);
  const isFull =
    window > 0 && unacked >= window && details.every(({ prefetch_count }) => prefetch_count !== 0);
  if (isFull && ready > 0 && (stats?.ack_details?.rate ?? 0) === 0) {
    return {
      status: "warning",
      reason: "stuck-reader",
      detail: `${detail}, ${unacked} unacknowledged = the prefetch of all, none acknowledged lately`,
      remedy: {
        text: "The consumers hold all they may and finish nothing: see what their handlers wait for",
      },
    };
  }
  return ok(unacked === 0 ? detail : `${detail}, ${unacked.toLocaleString("en")} unacknowledged`);
}
