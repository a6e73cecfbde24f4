import { isDeepStrictEqual } from "node:util";
import { TransportError } from "@streamll/core";
import { topicMatches, wordsOf } from "@streamll/core/internal";
import type { MemoryMessage } from "./message.js";
import type { Queue } from "./queue.js";

type Arguments = Readonly<Record<string, unknown>>;
/** `words` are those of the routing key, split once for all bindings. */
type Matcher = (message: MemoryMessage, words: readonly string[]) => boolean;

export const exchangeTypes = ["direct", "fanout", "topic", "headers"] as const;
export type ExchangeType = (typeof exchangeTypes)[number];

interface Binding {
  readonly queue: Queue;
  readonly pattern: string;
  readonly arguments: Arguments;
  readonly matches: Matcher;
}

/** Routing keys whose queues are remembered; keys may hold ids, so there is no end of them. */
const REMEMBERED = 1000;

export class Exchange {
  readonly type: ExchangeType;
  readonly arguments: Arguments;
  #bindings: Binding[] = [];
  readonly #known = new Map<string, readonly Queue[]>();

  /** @throws TransportError of kind `protocol` for another type. */
  constructor(name: string, type: string, args: Arguments) {
    const known = exchangeTypes.find((one) => one === type);
    if (known === undefined) {
      const message = `503 unknown type '${type}' of exchange "${name}": there are ${exchangeTypes.join(", ")}`;
      throw new TransportError("protocol", message, { permanent: true });
    }
    this.type = known;
    this.arguments = args;
  }

  bind(queue: Queue, pattern: string, args: Arguments): void {
    const isSame = (one: Binding) =>
      one.queue === queue && one.pattern === pattern && isDeepStrictEqual(one.arguments, args);
    if (this.#bindings.some(isSame)) return;
    this.#bindings.push({ queue, pattern, arguments: args, matches: matchers[this.type](pattern, args) });
    this.#known.clear();
  }

  unbind(queue: Queue): void {
    this.#bindings = this.#bindings.filter((binding) => binding.queue !== queue);
    this.#known.clear();
  }

  /** Each queue once, however many of its bindings match. */
  route(message: MemoryMessage): readonly Queue[] {
    if (this.type === "headers") return this.#match(message);
    let queues = this.#known.get(message.routingKey);
    if (queues === undefined) {
      queues = this.#match(message);
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(message.routingKey, queues);
    }
    return queues;
  }

  #match(message: MemoryMessage): readonly Queue[] {
    const words = wordsOf(message.routingKey);
    const matching = this.#bindings.filter(({ matches }) => matches(message, words));
    return [...new Set(matching.map(({ queue }) => queue))];
  }
}

const matchers: Readonly<Record<ExchangeType, (pattern: string, args: Arguments) => Matcher>> = {
  direct: (pattern) => (message) => message.routingKey === pattern,
  fanout: () => () => true,
  topic(pattern) {
    const wanted = wordsOf(pattern);
    return (_message, words) => topicMatches(wanted, words);
  },
  headers: (_pattern, args) => headersMatcher(args),
};

/** `all`, the default, and `any` leave arguments out that begin with `x-`. A null asks only for presence. */
function headersMatcher({ "x-match": mode = "all", ...args }: Arguments): Matcher {
  const withX = String(mode).endsWith("-with-x");
  const wanted = Object.entries(args).filter(([name]) => withX || !name.startsWith("x-"));
  const holds =
    (headers: Arguments) =>
    ([name, value]: [string, unknown]) =>
      Object.hasOwn(headers, name) && (value === null || headers[name] === value);
  return String(mode).startsWith("any")
    ? ({ headers }) => wanted.some(holds(headers))
    : ({ headers }) => wanted.every(holds(headers));
}
