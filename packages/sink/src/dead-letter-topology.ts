import type {
  BindingDeclaration,
  ConfigurationProblem,
  ExchangeDeclaration,
  QueueDeclaration,
} from "@streamll/core";
import { compileTemplate, type Template } from "@streamll/core/internal";
import { builtInType, exchangeTypeOf } from "./exchange-type.js";
import { isReserved, nameAfter } from "./names.js";

export interface DeadLetterRequest {
  readonly routingKey: string;
  /** Of `routingKey`. */
  readonly template: Omit<Template, "render">;
  /** `undefined`: not set, so the vhost's default. */
  readonly queueType: "classic" | "quorum" | undefined;
  readonly deadLetterExchange?: string | undefined;
  readonly deadLetterRoutingKey?: string | undefined;
  /** `undefined`: named by the rule. */
  readonly deadLetterQueue?: string | false | undefined;
}

export interface DeadLetterTopology {
  readonly exchange: ExchangeDeclaration;
  readonly queue?: QueueDeclaration;
  readonly bindings: readonly BindingDeclaration[];
}

/** Where dead letters go, and a queue for them unless the user has one. */
export function deadLetterTopology(
  request: DeadLetterRequest,
  name: string,
  problems: ConfigurationProblem[],
): DeadLetterTopology {
  const { deadLetterQueue, queueType } = request;
  const type = builtInType(name) ?? "topic";
  const exchange = { name, type, arguments: {} };
  // Who reads from it by a queue of one's own has set it up too.
  if (deadLetterQueue === false) return { exchange: { ...exchange, asFound: true }, bindings: [] };
  const queue = deadLetterQueue ?? `${nameAfter(name)}.failed`;
  const settings =
    queueType === "quorum"
      ? ({ arguments: { "x-queue-type": "quorum" }, keepsReturned: true } as const)
      : { arguments: {} };
  return {
    exchange,
    queue: { name: queue, ...settings },
    bindings: keys(request, name, type, problems).map((key) => ({ exchange: name, queue, ...key })),
  };
}

/** All that comes to an exchange of ours; of one that is the broker's, and so everybody's, what comes from this sink. */
function keys(
  { routingKey, deadLetterRoutingKey, template }: DeadLetterRequest,
  exchange: string,
  type: string,
  problems: ConfigurationProblem[],
): Pick<BindingDeclaration, "pattern" | "arguments">[] {
  const { all, compares } = exchangeTypeOf(type)!;
  if (all !== undefined) return [all];
  if (!isReserved(exchange)) return [{ pattern: "#" }];
  const own = compileTemplate(deadLetterRoutingKey ?? routingKey);
  if (compares === "full keys" && own.placeholders.length > 0) {
    const message = `the broker's own exchange ${exchange} compares full keys: set a deadLetterRoutingKey without placeholders, or deadLetterQueue: false and bindings of your own`;
    problems.push({ option: "deadLetterExchange", message });
  }
  // Without a head to put into it, what the queue dead-letters keeps its own key.
  const keepsKey = own.placeholders.length > 0 && template.literalHead === "";
  const patterns = keepsKey ? [own.binding, template.binding] : [own.binding];
  return [...new Set(patterns)].map((pattern) => ({ pattern }));
}
