import type { Endpoint, OutboundMessage, Transport, TransportOptions } from "@streamll/core";

/** What {@link testTransport} and {@link checkTransport} need to know of a transport and of its broker. */
export interface TransportUnderTest {
  /** Shown in every message of the suite. */
  readonly name: string;
  /**
   * Makes a transport. The options are complete: hand them to your factory, with your own on top; what the suite
   * sets in `message` (`mandatory`, `priority`, `expirationMs`) stays, and so does a topology of another mode than none. Called once a check, so that no check inherits
   * the state of another.
   *
   * @example
   * create: (options, endpoints) => ndjsonTransport.create(options, endpoints)
   */
  create(options: TransportOptions, endpoints: readonly Endpoint[]): Transport | Promise<Transport>;
  /** Where to connect, as an {@link Endpoint} or as a URL. */
  readonly endpoint: Endpoint | string;
  /** Where no broker is: connecting must fail there, with a `TransportError`. */
  readonly unreachable: Endpoint | string | Cannot;
  /**
   * Everything that the broker stored since the suite began, in its order; it is asked again and again, and
   * the suite picks out its own by `messageId`. Keys are of the form `streamll.WORD.WORD`: bind `streamll.#`, and
   * nothing more, so that a transport with `mandatory` can be asked for what nothing is bound to.
   */
  read(): Promise<readonly StoredMessage[]>;
  readonly faults: Faults;
  /** Where your factory is, so that it can be made in a process of its own, which must end by itself. */
  readonly alone: Alone | Cannot;
  /** How long the broker may take for an answer, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** How long the suite waits to see that nothing more happens, in milliseconds. Default 50. */
  readonly quietMs?: number;
}

/** One message as the broker stored it. */
export interface StoredMessage {
  readonly body: Uint8Array;
  readonly messageId: string;
  readonly routingKey: string;
  readonly correlationId: string;
  readonly type: string;
  /** The suite looks only for its own; values are compared as text, and a null may be left out. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Where the transport claims `priority`. */
  readonly priority?: number | undefined;
  /** Where the transport claims `contentEncoding`. */
  readonly contentEncoding?: string | undefined;
  /** Where the transport claims `ttl`: as it was sent, or what is left of it. */
  readonly expirationMs?: number | undefined;
}

/** How a transport is made in a process of its own. */
export interface Alone {
  /** The module that exports the factory: `new URL("../src/mine.js", import.meta.url)`. */
  readonly module: URL | string;
  /** The name under which it does. */
  readonly factory: string;
  /** On top of the suite's; what JSON can hold. */
  readonly options?: Partial<Omit<TransportOptions, "logger">>;
  /** Of Node, for a module that it cannot load as it is: `["--import", "tsx"]`. */
  readonly execArgv?: readonly string[];
}

/**
 * What only you can do to the broker. Each is a function, or `cannot("why")`: what is not covered stands in the
 * report with its reason, and what is left out fails.
 */
export interface Faults {
  /** The broker drops all connections, at once, and takes new ones afterwards. */
  readonly disconnect: Fault | Cannot;
  /**
   * Sees to it that the broker refuses this message, which is published next, and gives it back: changed, where
   * that is what gets it refused (a key that nothing is bound to, a body too large).
   */
  readonly refuse: ((message: OutboundMessage) => OutboundMessage | Promise<OutboundMessage>) | Cannot;
  /** The broker says that it takes nothing now; healed, it says that it does again. */
  readonly block: Fault | Cannot;
  /** The broker neither reads nor answers nor closes, also on new connections, as a frozen process does. */
  readonly silence: Fault | Cannot;
  /** The broker is busy or full, and stores nothing of what it is given; healed, it does again. */
  readonly throttle: Fault | Cannot;
}

export type FaultName = keyof Faults | "unreachable" | "alone";

/** Brings a fault about. The function that it gives, where it gives one, heals it. */
// biome-ignore lint/suspicious/noConfusingVoidType: an arrow function whose value nobody meant is welcome
export type Fault = () => void | Heal | Promise<void | Heal>;
export type Heal = () => unknown;

/** Made by {@link cannot}. */
export interface Cannot {
  readonly cannot: string;
}

/**
 * Says that a fault cannot be brought about, and why; the check that needs it is reported as not covered.
 *
 * @example
 * faults: { block: cannot("a file takes any write"), … }
 */
export function cannot(reason: string): Cannot {
  return { cannot: reason };
}

const wanted: Readonly<Record<FaultName, string>> = {
  disconnect: "faults.disconnect, a function that drops every connection from the broker's side",
  refuse: "faults.refuse, a function that makes the broker refuse the message that it is given",
  block: "faults.block, a function that makes the broker block, and that gives the function to unblock it",
  silence: "faults.silence, a function that freezes the broker, and that gives the function to thaw it",
  throttle:
    "faults.throttle, a function that makes the broker busy or full, and that gives the function to relieve it",
  unreachable: "unreachable, an endpoint where no broker is",
  alone: "alone, the module and the name of your factory",
};

/** Why a fault is not there, in the author's words. Throws where the author said nothing. */
export function whyNot(subject: TransportUnderTest, name: FaultName): string | undefined {
  const given = name === "unreachable" || name === "alone" ? subject[name] : subject.faults?.[name];
  if (given === undefined) throw new TypeError(`Give ${wanted[name]}; or say why not: cannot("reason").`);
  return typeof given === "object" && "cannot" in given ? given.cannot : undefined;
}
