import { closestName } from "@streamll/connection/internal";
import type { BindingDeclaration, ConfigurationProblem } from "@streamll/core";
import { shown } from "@streamll/core/options";

/** How a binding of a queue is written, the exchange and the queue aside. */
export type BindingKey = Pick<BindingDeclaration, "pattern" | "arguments">;

export interface ExchangeType {
  /** What a binding's key is compared with: a topic pattern, the whole routing key, or nothing. */
  readonly compares: "patterns" | "full keys" | "nothing";
  /** Where nothing is compared: the binding that every message fits. */
  readonly all?: BindingKey;
  /** Each message goes to one of the bound queues, so that one more queue takes its share from the others. */
  readonly divides?: true;
  /** Of the queues, it takes these alone. */
  readonly queueType?: "classic";
}

const types: ReadonlyMap<string, ExchangeType> = new Map<string, ExchangeType>([
  ["topic", { compares: "patterns" }],
  ["direct", { compares: "full keys" }],
  ["fanout", { compares: "nothing", all: { pattern: "" } }],
  // Without further arguments a headers binding matches every message.
  ["headers", { compares: "nothing", all: { pattern: "", arguments: { "x-match": "all" } } }],
  ["x-recent-history", { compares: "nothing", all: { pattern: "" } }],
  // The key is the queue's weight.
  ["x-consistent-hash", { compares: "nothing", all: { pattern: "1" }, divides: true }],
  ["x-modulus-hash", { compares: "nothing", all: { pattern: "" }, divides: true }],
  ["x-random", { compares: "nothing", all: { pattern: "" }, divides: true }],
  ["x-local-random", { compares: "nothing", all: { pattern: "" }, divides: true, queueType: "classic" }],
]);

/** `undefined` for one that the sink does not know. */
export const exchangeTypeOf = (name: string | undefined): ExchangeType | undefined =>
  name === undefined ? undefined : types.get(name);

/** The exchanges that every virtual host has, and their types. */
const builtIn: ReadonlyMap<string, string> = new Map([
  ["", "direct"],
  ["amq.direct", "direct"],
  ["amq.fanout", "fanout"],
  ["amq.headers", "headers"],
  ["amq.match", "headers"],
  ["amq.topic", "topic"],
]);

export const builtInType = (exchange: string): string | undefined => builtIn.get(exchange);

/** Of the delayed-message plugin: it holds each message back, then routes as the type that its arguments name. */
export const DELAYED = "x-delayed-message";
const DELAYED_TYPE = "x-delayed-type";

export interface ExchangeRequest {
  readonly exchange: string;
  /** `undefined`: not set. */
  readonly exchangeType: string | undefined;
  readonly exchangeArguments?: Readonly<Record<string, unknown>> | undefined;
}

/** As it is declared. */
export const declaredType = ({ exchange, exchangeType }: ExchangeRequest): string =>
  builtInType(exchange) ?? exchangeType ?? "topic";

/** The type by which it routes. `undefined`: a delayed one whose arguments do not name it. */
export function routingType(request: ExchangeRequest): string | undefined {
  const type = declaredType(request);
  if (type !== DELAYED) return type;
  const inner = request.exchangeArguments?.[DELAYED_TYPE];
  return typeof inner === "string" && inner !== DELAYED ? inner : undefined;
}

/** Where the options contradict the exchange that they name, or leave out what it needs. */
export function exchangeProblems(request: ExchangeRequest, isDeclared: boolean): ConfigurationProblem[] {
  const { exchange, exchangeType, exchangeArguments = {} } = request;
  const problems: ConfigurationProblem[] = [];
  const problem = (option: string, message: string) => problems.push({ option, message });
  const own = builtInType(exchange);
  if (own !== undefined) {
    const name = exchange === "" ? "the default exchange" : `the broker's own exchange ${exchange}`;
    if (exchangeType !== undefined && exchangeType !== own)
      problem("exchangeType", `${name} has the type "${own}": leave this out, or name another exchange`);
    if (Object.keys(exchangeArguments).length > 0)
      problem("exchangeArguments", `${name} takes none: leave this out, or name another exchange`);
    return problems;
  }
  if (declaredType(request) !== DELAYED) {
    if (exchangeArguments[DELAYED_TYPE] !== undefined)
      problem("exchangeArguments", `${DELAYED_TYPE} needs exchangeType: "${DELAYED}"`);
  } else if (isDeclared && routingType(request) === undefined) {
    const message = `exchangeType "${DELAYED}" needs ${DELAYED_TYPE}, the type by which it routes, such as { "${DELAYED_TYPE}": "topic" }`;
    problem("exchangeArguments", message);
  }
  return problems;
}

/** Why nothing can be bound to an exchange of a type that is not among ours, and what to do. */
export function unknownType(type: string, advice: string): string {
  const meant = closestName(type, [...types.keys()]);
  const question = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return `the sink does not know how ${shown(type)} routes: ${advice}${question}`;
}
