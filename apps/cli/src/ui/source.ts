import type { Readable } from "node:stream";
import type { TransportOptions } from "@streamll/core";
import type { Plan } from "@streamll/sink/internal";
import { type Figures, gaugeOf, hasFigures } from "../broker/figures.js";
import type { Ask } from "../broker/management.js";
import { Failure } from "../exit.js";
import { waitingFor } from "../patience.js";
import { eventOfLine } from "../pipe/event-of-line.js";
import { type Line, LineCutter } from "../pipe/lines.js";
import { decode } from "../tail/decode.js";
import { follow } from "../tail/follow.js";
import { placeIn, subscriberFor } from "../tail/source.js";
import type { Store } from "./store.js";

/** Where the events of the page come from. */
export interface Source {
  /** Shown at the top of the page. */
  readonly name: string;
  readonly state: "connecting" | "waiting" | "live" | "lost" | "read";
  /** Messages that are no events. */
  readonly foreign: number;
  /** Of the broker. */
  readonly figures: Figures | undefined;
  /** Resolves when the page can be shown. Never rejects. */
  readonly ready: Promise<void>;
  /** Reads until the end. @throws TransportError, Failure */
  read(): Promise<void>;
  close(): Promise<void>;
}

/** In flight from the broker. */
const PREFETCH = 1000;
/** What the queue holds while this process is busy. */
const QUEUE_LENGTH = 100_000;
const FIGURES_MS = 2000;

export interface BrokerSource {
  readonly plan: Plan;
  readonly options: TransportOptions;
  readonly ask: Ask;
  readonly patterns: readonly string[];
  readonly store: Store;
  readonly notify: (text: string) => void;
  readonly signal: AbortSignal;
}

export function sourceOfBroker({
  plan,
  options,
  ask,
  patterns,
  store,
  notify,
  signal,
}: BrokerSource): Source {
  const place = placeIn(plan, patterns);
  const gauge = gaugeOf(plan, plan.endpoints[0]!, options, ask);
  let arrived = () => {};
  let timer: NodeJS.Timeout | undefined;
  const source = {
    name: place.exchange,
    state: "connecting" as Source["state"],
    foreign: 0,
    figures: undefined as Figures | undefined,
    ready: new Promise<void>((resolve) => {
      arrived = resolve;
    }),
    async read() {
      const look = async () => {
        source.figures = await gauge.read();
        if (!signal.aborted) timer = setTimeout(look, FIGURES_MS).unref();
      };
      if (hasFigures(plan)) void look();
      await follow({
        endpoints: plan.endpoints,
        subscribe: await subscriberFor(plan, "ui"),
        where: { ...place, prefetch: PREFETCH, maxLength: QUEUE_LENGTH, options },
        receive({ body, done }) {
          const received = decode(body);
          if (received === undefined) source.foreign++;
          else store.add(received.event, received.json);
          done();
        },
        waiting: ({ label }) => notify(waitingFor(label)),
        connected({ label }) {
          const late = source.state === "waiting" ? "; what arrived before is not shown" : "";
          source.state = "live";
          store.restored();
          arrived();
          notify(`reading ${place.exchange} on ${label}${late}`);
        },
        disconnected(reason) {
          source.state = "lost";
          store.lost(reason);
          notify(`connection lost: ${reason}; the page marks the gap`);
        },
        missing({ message }) {
          source.state = "waiting";
          arrived();
          notify(`${message}. Waiting for it`);
        },
        refused: ({ message }) => notify(`not connected: ${message}; trying again`),
        ended: signal,
      });
    },
    async close() {
      clearTimeout(timer);
      await gauge.close();
    },
  };
  return source;
}

export interface LinesSource {
  /** Shown at the top of the page. */
  readonly name: string;
  readonly lines: Readable;
  /** Nothing may come for long: then the page does not wait for it. */
  readonly mayBeSlow: boolean;
  readonly store: Store;
  readonly notify: (text: string) => void;
}

/** Events as NDJSON, which are shown while they come. */
export function sourceOfLines({ name, lines, mayBeSlow, store, notify }: LinesSource): Source {
  let arrived = () => {};
  const source = {
    name,
    state: "live" as Source["state"],
    foreign: 0,
    figures: undefined,
    ready: new Promise<void>((resolve) => {
      arrived = resolve;
    }),
    async read() {
      if (mayBeSlow) arrived();
      const cutter = new LineCutter();
      const take = (found: Iterable<Line>) => {
        for (const line of found) {
          const event = eventOfLine(line);
          if (typeof event === "string" || !("text" in line)) source.foreign++;
          else store.add(event, line.text);
        }
        arrived();
      };
      try {
        for await (const chunk of lines) take(cutter.push(chunk as Buffer));
      } catch (error) {
        throw new Failure(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`);
      }
      take(cutter.end());
      source.state = "read";
      notify(`${store.received.toLocaleString("en")} events, ${source.foreign} lines that are none`);
    },
    async close() {
      lines.destroy();
    },
  };
  return source;
}
