import dns from "node:dns";
import { readFileSync } from "node:fs";
import { type AnyEvent, stopOnSignals } from "@streamll/core";
import type { RabbitMQSink, RabbitMQSinkOptions } from "@streamll/sink";
import { tokenFrom } from "./token.js";

/** What a host program does that is no plain data: its callbacks, and odd events. Runs in the program. */
export interface Behaviour {
  /** Functions among the sink's options. */
  options?(host: Host): RabbitMQSinkOptions;
  /** The event to hand over in the place of an ordinary one. */
  event?(ordinary: AnyEvent, index: number): AnyEvent;
  /** Called when the sink is made. */
  made?(host: Host): void;
}

/** The program, for what it does beside its load. */
export interface Host {
  /** There once it is made. */
  readonly sink: RabbitMQSink;
  /** Hands over one more event, and gives what `handleEvent` says. */
  offer(): boolean;
  /** The program's own way to end. */
  stop(): Promise<unknown>;
  /** For the time line, as a line of the log. */
  note(text: string): void;
}

/** One of 1,000. */
const isOdd = (index: number) => index === 499;

/** What the host program itself holds. */
const ballast: unknown[] = [];

/** By the name that a row of the matrix gives. */
export const behaviours = {
  bringsTokens: {
    options: () => ({ credentials: () => tokenFrom(process.env.FAULTS_TOKEN_KEY!) }),
  },
  bringsKeysForAWhile: {
    options: () => ({
      credentials: () => ({
        username: process.env.FAULTS_KEY_NAME!,
        password: process.env.FAULTS_KEY!,
        expiresAt: new Date(Date.now() + 3000),
      }),
    }),
  },
  handsOverFromCallbacks: {
    options(host) {
      const handOver = (callback: string) => {
        if (!host.offer()) host.note(`not taken from ${callback}`);
      };
      return { metricsCallback: () => handOver("metricsCallback"), onFailure: () => handOver("onFailure") };
    },
    event: (ordinary, index) =>
      index % 100 === 99 ? { ...ordinary, data: { text: "x".repeat(20_000) } } : ordinary,
  },
  heapNearlyFull: {
    made() {
      // Of the 128 MB that the row gives, some 40 are left.
      ballast.push(...Array.from({ length: 64 * 1024 }, () => new Array(128).fill(0)));
    },
  },
  oneIsLarge: {
    event: (ordinary, index) =>
      isOdd(index) ? { ...ordinary, data: { text: "x".repeat(20_000) } } : ordinary,
  },
  oneIsOfAnotherType: {
    event: (ordinary, index) => (isOdd(index) ? { ...ordinary, event_type: "secret" } : ordinary),
  },
  readsItsHosts: {
    made: () => findHostsIn(process.env.FAULTS_HOSTS!),
  },
  someThrowWhenRead: {
    event(ordinary, index) {
      const thrower = () => {
        throw new Error("not to be read");
      };
      if (index === 250) return { ...ordinary, data: { toJSON: thrower } };
      if (index === 499) return { ...ordinary, data: new Proxy({}, { get: thrower, ownKeys: thrower }) };
      if (index === 750) return Object.defineProperty({ ...ordinary }, "event_type", { get: thrower });
      return ordinary;
    },
  },
  someHaveLongHeaders: {
    event: (ordinary, index) =>
      index % 100 === 99 ? { ...ordinary, module_name: "x".repeat(6000) } : ordinary,
  },
  stopsOnSignals: {
    made: ({ stop }) => void stopOnSignals({ stop }),
  },
} satisfies Record<string, Behaviour>;

type Found = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void;

/** As if the system's resolver knew of these hosts alone. */
function findHostsIn(file: string): void {
  const { lookup } = dns;
  const find = (host: string, options: dns.LookupAllOptions, found: Found) => {
    const address = JSON.parse(readFileSync(file, "utf8"))[host];
    if (address !== undefined) return lookup(address, options, found);
    const error = { code: "ENOTFOUND", syscall: "getaddrinfo", hostname: host };
    process.nextTick(found, Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), error), []);
  };
  dns.lookup = find as typeof lookup;
}

export type BehaviourName = keyof typeof behaviours;

export const behaviourNamed = (name: string | undefined): Behaviour =>
  name === undefined ? {} : ((behaviours as Record<string, Behaviour>)[name] ?? {});
