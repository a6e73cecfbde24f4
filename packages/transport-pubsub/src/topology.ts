import type { BindingDeclaration, QueueDeclaration, Topology, TransportOptions } from "@streamll/core";
import { ConfigurationError, TransportError } from "@streamll/core";
import { logLine } from "@streamll/core/internal";
import { type Json, RefusedRequest } from "./http/api.js";
import type { Line } from "./line.js";
import { pathOf, subscriptionName, topicName } from "./names.js";

type Call = (method: "GET" | "PUT", path: string, body?: Json) => Promise<Json>;

/** Of a subscription that is made here: longer than the service's 10, which a program that collects garbage may miss. */
const ACK_DEADLINE_SECONDS = 60;
/** The most that the service takes: the consumer itself gives messages up earlier. */
const MOST_ATTEMPTS = 100;

/** @throws ConfigurationError for what Pub/Sub has no counterpart of. */
export function checkTopology({ bindings, queues }: Topology): void {
  const pattern = bindings.find(({ pattern }) => pattern !== "#")?.pattern;
  if (pattern !== undefined)
    throw new ConfigurationError([
      {
        option: "bindings",
        message: `Pub/Sub filters by attributes, and a subscription gets all of its topic: leave this out, or create the subscription yourself with a filter such as attributes.event_type = "error"`,
      },
    ]);
  const argument = queues.flatMap((queue) => Object.keys(queue.arguments)).find((name) => name !== DLX);
  if (argument === undefined) return;
  const message = `${argument} means nothing to Pub/Sub: leave it out, or create the subscription yourself`;
  throw new ConfigurationError([{ option: "queueArguments", message }]);
}

const DLX = "x-dead-letter-exchange";

/** Makes or checks what must be there: exchanges are topics, queues subscriptions. */
export async function prepare(
  line: Line,
  {
    topology,
    connectionTimeoutMs: timeoutMs,
    logger,
  }: Pick<TransportOptions, "topology" | "connectionTimeoutMs" | "logger">,
  signal: AbortSignal,
): Promise<void> {
  const { api, project, label } = line;
  const { mode, exchanges, queues, bindings } = topology;
  if (mode === "none") return api.probe(timeoutMs);
  const call: Call = (method, path, body) =>
    api.call({ method, path, timeoutMs, signal, ...(body && { body: JSON.stringify(body) }) });
  const warn = (message: string) =>
    logLine(logger, "option_warning", { about: "declareTopology" }, `${label}: ${message}`);
  const isThere = (path: string, what: string) => exists(call, path, mode, () => warn(notSeen(what)));

  for (const { name } of exchanges) {
    const path = pathOf(topicName(project, name));
    if (!(await isThere(path, `the topic "${name}"`))) await created(call, path, {});
  }
  for (const queue of queues) {
    const path = pathOf(subscriptionName(project, queue.name));
    if (!(await isThere(path, `the subscription "${queue.name}"`)))
      await created(call, path, settingsOf(queue, bindings, project));
  }
  const [topic] = exchanges;
  if (topic !== undefined && queues.length === 0 && (await hasNoReader(call, topicName(project, topic.name))))
    warn(
      `the topic "${topic.name}" has no subscription: Pub/Sub keeps nothing of what is sent to it. Create one before events are sent`,
    );
}

const notSeen = (what: string) =>
  `the account may not see whether ${what} is there: grant it the role Pub/Sub Viewer, or set declareTopology: "none"`;

/** @throws RefusedRequest where it is not there and may not be made. */
async function exists(
  call: Call,
  path: string,
  mode: Topology["mode"],
  unseen: () => void,
): Promise<boolean> {
  try {
    await call("GET", path);
    return true;
  } catch (error) {
    const status = error instanceof RefusedRequest ? error.status : 0;
    if (status === 404 && mode === "declare") return false;
    // Whoever may only publish may not look either, and can go on.
    if (status !== 403 || mode !== "declare") throw error;
    unseen();
    return true;
  }
}

async function created(call: Call, path: string, settings: Json): Promise<void> {
  try {
    await call("PUT", path, settings);
  } catch (error) {
    // Another lane, or another program, was faster.
    if (!(error instanceof RefusedRequest && error.status === 409)) throw error;
  }
}

function settingsOf(queue: QueueDeclaration, bindings: readonly BindingDeclaration[], project: string): Json {
  const topic = bindings.find((binding) => binding.queue === queue.name)?.exchange;
  if (topic === undefined) {
    const message = `the subscription "${queue.name}" is not there, and no exchange names the topic to make it for`;
    throw new TransportError("not-found", message, { permanent: true });
  }
  const deadLetters = queue.arguments[DLX];
  return {
    topic: topicName(project, topic),
    ackDeadlineSeconds: ACK_DEADLINE_SECONDS,
    enableMessageOrdering: true,
    ...(typeof deadLetters === "string" && {
      deadLetterPolicy: {
        deadLetterTopic: topicName(project, deadLetters),
        maxDeliveryAttempts: MOST_ATTEMPTS,
      },
    }),
  };
}

async function hasNoReader(call: Call, topic: string): Promise<boolean> {
  try {
    const { subscriptions } = await call("GET", `${pathOf(topic)}/subscriptions`);
    return !Array.isArray(subscriptions) || subscriptions.length === 0;
  } catch (error) {
    // It is only told, and not everybody may know.
    if (error instanceof RefusedRequest) return false;
    throw error;
  }
}
