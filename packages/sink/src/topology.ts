import type {
  BindingDeclaration,
  ConfigurationProblem,
  ExchangeDeclaration,
  QueueDeclaration,
  Topology,
} from "@streamll/core";
import { shown } from "@streamll/core/options";
import { type DeadLetterRequest, deadLetterTopology } from "./dead-letter-topology.js";
import {
  type BindingKey,
  DELAYED,
  declaredType,
  type ExchangeRequest,
  exchangeProblems,
  exchangeTypeOf,
  routingType,
  unknownType,
} from "./exchange-type.js";
import { isExchangeToBe, isReserved, isTooLong, nameAfter, RESERVED } from "./names.js";
import { type FromOption, mergeArguments } from "./queue-arguments.js";

export interface TopologyRequest extends ExchangeRequest, DeadLetterRequest {
  readonly mode: Topology["mode"];
  readonly defaultRoutingKey: string;
  /** `undefined`: named by the rule. */
  readonly queue: string | false | undefined;
  readonly queueArguments?: Readonly<Record<string, unknown>> | undefined;
  readonly messageTtlMs?: number | undefined;
  readonly priority?: number | undefined;
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
  const { mode, exchange, messageTtlMs, deadLetterExchange } = request;
  const problems: ConfigurationProblem[] = exchangeProblems(request, mode === "declare");
  const warnings: string[] = [];
  const exchanges: ExchangeDeclaration[] = [];
  const queues: QueueDeclaration[] = [];
  const bindings: BindingDeclaration[] = [];

  const queue = mode === "none" ? undefined : queueName(request, problems);
  if (exchange !== "") {
    const type = declaredType(request);
    exchanges.push({ name: exchange, type, arguments: request.exchangeArguments ?? {} });
  }
  if (queue !== undefined) {
    queues.push({ name: queue, arguments: queueArguments(request, problems, warnings) });
    const key = exchange === "" || mode === "passive" ? undefined : bindingKey(request, problems);
    if (key !== undefined) bindings.push({ exchange, queue, ...key });
  }
  if (deadLetterExchange !== undefined) {
    if (deadLetterExchange === exchange) {
      problems.push({ option: "deadLetterExchange", message: "must be another exchange than exchange" });
    }
    const failed = deadLetterTopology(request, deadLetterExchange, problems);
    exchanges.push(failed.exchange);
    if (failed.queue !== undefined) queues.push(failed.queue);
    bindings.push(...failed.bindings);
  } else {
    for (const option of ["deadLetterRoutingKey", "deadLetterQueue"] as const) {
      if (request[option] !== undefined) problems.push({ option, message: "needs deadLetterExchange" });
    }
  }
  problems.push(...nameProblems(request, queue, queues));
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
  const name = nameAfter(exchange);
  return routingKey === defaultRoutingKey || head === "" ? name : `${name}.${head}`;
}

/** Names that the broker would refuse to declare. */
function nameProblems(
  { mode, exchange, deadLetterExchange, deadLetterQueue, queue: given }: TopologyRequest,
  queue: string | undefined,
  queues: readonly QueueDeclaration[],
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (option: string, message: string) => problems.push({ option, message });
  const ofQueue = exchange === "" && given === undefined ? "routingKey" : "queue";
  const ofDeadLetters = deadLetterQueue === undefined ? "deadLetterExchange" : "deadLetterQueue";
  for (const [index, { name }] of queues.entries()) {
    const isEvents = index === 0 && queue !== undefined;
    const option = isEvents ? ofQueue : ofDeadLetters;
    if (isTooLong(name)) problem(option, `the queue's name ${shown(name)} is longer than 255 bytes`);
    if (mode === "declare" && isReserved(name))
      problem(option, `${RESERVED}: no queue ${shown(name)} can be declared`);
    if (!isEvents && name === queue)
      problem(option, `${shown(name)} is the queue that events go to: set deadLetterQueue to another`);
  }
  if (mode !== "declare") return problems;
  for (const [option, name] of Object.entries({ exchange, deadLetterExchange })) {
    if (name !== undefined && !isExchangeToBe(name))
      problem(option, `${RESERVED}: it has no exchange ${shown(name)}`);
  }
  return problems;
}

/** Such that the queue gets all that the sink publishes. */
function bindingKey(request: TopologyRequest, problems: ConfigurationProblem[]): BindingKey | undefined {
  const { binding } = request.template;
  const name = routingType(request);
  const isDelayed = declaredType(request) === DELAYED;
  // A delayed one that does not name its type is a problem already.
  if (name === undefined) return undefined;
  const option = isDelayed ? "exchangeArguments" : "exchangeType";
  const type = exchangeTypeOf(name);
  if (type === undefined) {
    problems.push({ option, message: unknownType(name, `use ${BIND_YOURSELF}`) });
    return undefined;
  }
  const queueType = request.queueType ?? request.queueArguments?.["x-queue-type"];
  if (type.queueType !== undefined && queueType !== undefined && queueType !== type.queueType) {
    const message = `${shown(name)} takes ${type.queueType} queues alone: set queueType: "${type.queueType}", or use another type`;
    problems.push({ option, message });
  }
  if (type.compares === "full keys" && !isConstant(request)) {
    const message = `${shown(name)} compares full keys and cannot bind ${binding}; use "topic", or ${BIND_YOURSELF}`;
    problems.push({ option, message });
  }
  return type.all ?? { pattern: binding };
}

const BIND_YOURSELF = "queue: false and bindings of your own";

function queueArguments(
  request: TopologyRequest,
  problems: ConfigurationProblem[],
  warnings: string[],
): Record<string, unknown> {
  const { queueType, queueArguments: own, messageTtlMs, priority, deadLetterExchange } = request;
  const type = queueType ?? own?.["x-queue-type"];
  const fromOptions: FromOption[] = [];
  if (queueType !== undefined) fromOptions.push(["queueType", "x-queue-type", queueType]);
  if (messageTtlMs !== undefined) fromOptions.push(["messageTtl", "x-message-ttl", messageTtlMs]);
  if (priority !== undefined) {
    const levels = own?.["x-max-priority"];
    if (type === "quorum") {
      // Quorum queues refuse x-max-priority; since 4.0 they know two levels, 5 and more being the high one.
      warnings.push(
        "queuePriority on a quorum queue: RabbitMQ 4 tells only 0-4 from 5 and more, 3.x ignores it",
      );
    } else if (levels === undefined) {
      fromOptions.push(["queuePriority", "x-max-priority", Math.max(priority, 10)]);
    } else if (!(Number(levels) >= priority)) {
      const message = `x-max-priority is ${shown(levels)}, below queuePriority ${priority}`;
      problems.push({ option: "queueArguments", message });
    }
  }
  if (deadLetterExchange !== undefined) {
    fromOptions.push(["deadLetterExchange", "x-dead-letter-exchange", deadLetterExchange]);
    const key = brokersDeadLetterKey(request, warnings);
    if (key !== undefined) fromOptions.push(["deadLetterRoutingKey", "x-dead-letter-routing-key", key]);
  }
  return mergeArguments(own, fromOptions, problems);
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
