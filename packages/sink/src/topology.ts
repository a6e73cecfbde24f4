import type {
  BindingDeclaration,
  ConfigurationProblem,
  ExchangeDeclaration,
  QueueDeclaration,
  Topology,
} from "@streamll/core";
import type { Template } from "@streamll/core/internal";
import { shown } from "./options/option.js";

export interface TopologyRequest {
  readonly mode: Topology["mode"];
  readonly exchange: string;
  readonly exchangeType: string;
  readonly exchangeArguments?: Readonly<Record<string, unknown>> | undefined;
  readonly routingKey: string;
  readonly defaultRoutingKey: string;
  /** Of `routingKey`. */
  readonly template: Omit<Template, "render">;
  /** `undefined`: named by the rule. */
  readonly queue: string | false | undefined;
  readonly queueArguments?: Readonly<Record<string, unknown>> | undefined;
  /** `undefined`: not said, so the vhost's default. */
  readonly queueType: "classic" | "quorum" | undefined;
  readonly messageTtlMs?: number | undefined;
  readonly priority?: number | undefined;
  readonly deadLetterExchange?: string | undefined;
  readonly deadLetterRoutingKey?: string | undefined;
}

export interface ResolvedTopology {
  readonly topology: Topology;
  /** The one that events go to, where the sink declares it. */
  readonly queue: string | undefined;
  /** Where no queue of the sink sees to `messageTtl`. */
  readonly expirationMs: number | undefined;
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly string[];
}

/** What must be on the broker for these options. */
export function resolveTopology(request: TopologyRequest): ResolvedTopology {
  const { mode, exchange, exchangeType, messageTtlMs, deadLetterExchange } = request;
  const problems: ConfigurationProblem[] = [];
  const warnings: string[] = [];
  const exchanges: ExchangeDeclaration[] = [];
  const queues: QueueDeclaration[] = [];
  const bindings: BindingDeclaration[] = [];

  const queue = mode === "none" ? undefined : queueName(request, problems);
  if (exchange !== "")
    exchanges.push({ name: exchange, type: exchangeType, arguments: request.exchangeArguments ?? {} });
  if (queue !== undefined) {
    queues.push({ name: queue, arguments: queueArguments(request, problems, warnings) });
    if (exchange !== "") bindings.push(bindingOf(request, queue, problems));
  }
  if (deadLetterExchange !== undefined) {
    if (deadLetterExchange === exchange) {
      problems.push({ option: "deadLetterExchange", message: "must be another exchange than exchange" });
    }
    const failed = `${deadLetterExchange}.failed`;
    exchanges.push({ name: deadLetterExchange, type: "topic", arguments: {} });
    queues.push({
      name: failed,
      arguments: request.queueType === "quorum" ? { "x-queue-type": "quorum" } : {},
    });
    bindings.push({ exchange: deadLetterExchange, queue: failed, pattern: "#" });
  } else if (request.deadLetterRoutingKey !== undefined) {
    problems.push({ option: "deadLetterRoutingKey", message: "needs deadLetterExchange" });
  }
  for (const { name } of queues) {
    if (Buffer.byteLength(name) > 255) {
      problems.push({ option: "queue", message: `the name ${shown(name)} is longer than 255 bytes` });
    }
  }
  const topology: Topology =
    mode === "none"
      ? { mode, exchanges: [], queues: [], bindings: [] }
      : { mode, exchanges, queues, bindings };
  const expires = mode === "declare" && queue !== undefined;
  return { topology, queue, expirationMs: expires ? undefined : messageTtlMs, problems, warnings };
}

const isConstant = ({ template }: TopologyRequest) => template.placeholders.length === 0;

/** Comes from exchange and key alone: two sinks on one exchange must not fight over one queue's arguments. */
function queueName(request: TopologyRequest, problems: ConfigurationProblem[]): string | undefined {
  const { exchange, routingKey, defaultRoutingKey, queue } = request;
  if (queue === false) return undefined;
  if (exchange === "") {
    // The default exchange brings a message to the queue that is named as its routing key, and binds nothing.
    if (queue !== undefined && queue !== routingKey) {
      problems.push({ option: "queue", message: 'with exchange "" it must be the same as routingKey' });
    }
    return isConstant(request) && routingKey !== "" ? routingKey : undefined;
  }
  if (queue !== undefined) return queue;
  const { literalHead: head } = request.template;
  return routingKey === defaultRoutingKey || head === "" ? exchange : `${exchange}.${head}`;
}

function bindingOf(
  request: TopologyRequest,
  queue: string,
  problems: ConfigurationProblem[],
): BindingDeclaration {
  const { exchange, exchangeType, template } = request;
  const { binding } = template;
  if (exchangeType === "direct" && !isConstant(request)) {
    const message = `"direct" compares whole keys and cannot bind ${binding}; use "topic", or queue: false and bindings of your own`;
    problems.push({ option: "exchangeType", message });
  }
  // Without further arguments a headers binding matches every message.
  if (exchangeType === "headers") return { exchange, queue, pattern: "", arguments: { "x-match": "all" } };
  return { exchange, queue, pattern: exchangeType === "fanout" ? "" : binding };
}

function queueArguments(
  request: TopologyRequest,
  problems: ConfigurationProblem[],
  warnings: string[],
): Record<string, unknown> {
  const { queueType, messageTtlMs, priority, deadLetterExchange } = request;
  const quorum = (queueType ?? request.queueArguments?.["x-queue-type"]) === "quorum";
  const result: Record<string, unknown> = { ...request.queueArguments };
  const add = (argument: string, value: unknown, option: string) => {
    const own = result[argument];
    if (own !== undefined && own !== value) {
      const message = `${argument} is ${shown(own)}, and ${option} makes it ${shown(value)}: leave one of them out`;
      problems.push({ option: "queueArguments", message });
    }
    result[argument] = value;
  };
  if (queueType !== undefined) add("x-queue-type", queueType, "queueType");
  if (messageTtlMs !== undefined) add("x-message-ttl", messageTtlMs, "messageTtl");
  if (priority !== undefined) {
    if (quorum) {
      // Quorum queues refuse x-max-priority; since 4.0 they know two levels, 5 and more being the high one.
      warnings.push(
        "queuePriority on a quorum queue: RabbitMQ 4 tells only 0-4 from 5 and more, 3.x ignores it",
      );
    } else if (result["x-max-priority"] === undefined) {
      result["x-max-priority"] = Math.max(priority, 10);
    } else if (!(Number(result["x-max-priority"]) >= priority)) {
      const message = `x-max-priority is ${shown(result["x-max-priority"])}, below queuePriority ${priority}`;
      problems.push({ option: "queueArguments", message });
    }
  }
  if (deadLetterExchange !== undefined) {
    add("x-dead-letter-exchange", deadLetterExchange, "deadLetterExchange");
    const key = brokersDeadLetterKey(request, warnings);
    if (key !== undefined) add("x-dead-letter-routing-key", key, "deadLetterRoutingKey");
  }
  return result;
}

/** The broker knows one fixed key, or the message's own: placeholders become the literal head of the queue. */
function brokersDeadLetterKey(request: TopologyRequest, warnings: string[]): string | undefined {
  const { deadLetterRoutingKey: template } = request;
  if (template === undefined || !template.includes("{")) return template;
  const head = request.template.literalHead.replaceAll(".", "_");
  if (head !== "") return template.replace(/\{[^{}]*\}/g, () => head);
  warnings.push(
    "deadLetterRoutingKey: the broker cannot fill placeholders, and the routing key has no literal head to put there: what the queue dead-letters keeps its own key",
  );
  return undefined;
}
