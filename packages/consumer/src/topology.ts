import type { BindingDeclaration, ConfigurationProblem, QueueDeclaration, Topology } from "@streamll/core";

export interface TopologyRequest {
  readonly queue: string;
  readonly exchange?: string | undefined;
  readonly bindings?: readonly string[] | undefined;
  readonly queueType?: "classic" | "quorum" | undefined;
  readonly queueArguments?: Readonly<Record<string, unknown>> | undefined;
  readonly declareTopology?: Topology["mode"] | undefined;
  readonly deadLetterExchange?: string | undefined;
}

export interface ResolvedTopology {
  readonly topology: Topology;
  readonly problems: readonly ConfigurationProblem[];
}

/** What must be on the broker for these options. */
export function resolveTopology(request: TopologyRequest): ResolvedTopology {
  const { queue, exchange, bindings, deadLetterExchange } = request;
  const mode = request.declareTopology ?? (exchange === undefined ? "none" : "declare");
  const problems: ConfigurationProblem[] = [];
  if (bindings !== undefined && exchange === undefined)
    problems.push({ option: "bindings", message: "needs exchange: the one that the queue is bound to" });
  if (mode !== "declare")
    for (const option of ["queueType", "queueArguments"] as const)
      if (request[option] !== undefined) problems.push({ option, message: NOT_DECLARED });
  if (deadLetterExchange !== undefined && deadLetterExchange === exchange)
    problems.push({ option: "deadLetterExchange", message: "must be another exchange than exchange" });
  const queues: QueueDeclaration[] = [consumedQueue(request, problems)];
  const found: BindingDeclaration[] = [];
  const exchanges = [exchange, deadLetterExchange].flatMap((name) =>
    name === undefined ? [] : [{ name, type: "topic", arguments: {}, asFound: true as const }],
  );
  if (exchange !== undefined)
    for (const pattern of bindings ?? ["#"]) found.push({ exchange, queue, pattern });
  if (deadLetterExchange !== undefined) {
    // Named and made as a sink does, so that both may declare it.
    const failed = `${deadLetterExchange}.failed`;
    // Looking into it must lose nothing.
    const kept = request.queueType === "quorum" ? ({ keepsReturned: true } as const) : {};
    queues.push({ name: failed, arguments: typeOf(request.queueType), ...kept });
    found.push({ exchange: deadLetterExchange, queue: failed, pattern: "#" });
  }
  const topology: Topology =
    mode === "none"
      ? { mode, exchanges: [], queues: [], bindings: [] }
      : { mode, exchanges, queues, bindings: found };
  return { topology, problems };
}

const NOT_DECLARED = 'is for a queue that is declared: set exchange too, or declareTopology: "declare"';

const typeOf = (queueType: string | undefined): Record<string, unknown> =>
  queueType === "quorum" ? { "x-queue-type": "quorum" } : {};

function consumedQueue(request: TopologyRequest, problems: ConfigurationProblem[]): QueueDeclaration {
  const declared = { name: request.queue, arguments: argumentsOf(request, problems) };
  const isQuorum = declared.arguments["x-queue-type"] === "quorum";
  // RabbitMQ 4 drops what came back more than 20 times, where it can send it nowhere: also what was never handled.
  const wouldDrop = request.deadLetterExchange === undefined && !("x-delivery-limit" in declared.arguments);
  return isQuorum && wouldDrop ? { ...declared, keepsReturned: true } : declared;
}

function argumentsOf(
  { queueType, queueArguments = {}, deadLetterExchange }: TopologyRequest,
  problems: ConfigurationProblem[],
): Record<string, unknown> {
  const fromOptions: Record<string, unknown> = {
    ...(queueType === undefined ? {} : { "x-queue-type": queueType }),
    ...(deadLetterExchange === undefined ? {} : { "x-dead-letter-exchange": deadLetterExchange }),
  };
  for (const [argument, value] of Object.entries(fromOptions)) {
    const given = queueArguments[argument];
    if (given === undefined || given === value) continue;
    problems.push({
      option: "queueArguments",
      message: `${argument} contradicts another option: leave it out`,
    });
  }
  return { ...queueArguments, ...fromOptions };
}
