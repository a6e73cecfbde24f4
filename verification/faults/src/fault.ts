import type { DeliveryErrorCode } from "@streamll/core";
import type { Protocol } from "@streamll/harness";
import type { SinkEvents } from "@streamll/sink";
import type { Bench, Given, Seat } from "./bench.js";
import type { Run } from "./run.js";

/** Times are those of a quiet machine. Others get so many times as much. */
export const NOISE = 3;

/** What has to come out of a fault. What is not named here is expected as the comments say. */
export interface Expectation {
  /** Accepted, not told to have failed, and in no queue. Default 0. */
  readonly lost?: number;
  /**
   * `"in flight"`: at most what the connections that were lost had in flight; over a stream, which has each event once
   * whatever happens, none all the same. Default `"none"`.
   */
  readonly duplicated?: "none" | "in flight";
  /** How many failed, or were dropped, by code. `"some"` is one at least. Of every other code: none. */
  readonly failed?: Partial<Readonly<Record<DeliveryErrorCode, number | "some">>>;
  /** Not taken by `handleEvent` though there was room. Default 0. */
  readonly refused?: number;
  /** Within each execution. Default `"kept"`. */
  readonly order?: "kept" | "n/a";
  /** From the end of the fault until health says up and an event is confirmed. Default: it does not recover. */
  readonly recoveredWithinMs?: number;
  /** From the beginning of the fault until health or an event says so. */
  readonly noticedWithinMs?: number;
  /** Each fits something that `health()` said from the beginning of the fault on. */
  readonly health?: readonly RegExp[];
  /** Each was told from the beginning of the fault on. */
  readonly events?: readonly (keyof SinkEvents)[];
  /** Each fits a line of the log. */
  readonly log?: readonly RegExp[];
  /** How the process ends. Default: by itself, with code 0. */
  readonly exit?: { readonly code: number } | { readonly signal: NodeJS.Signals };
  /** Whatever else has to hold: what is wrong, in words. */
  readonly also?: (run: Run) => readonly string[];
}

/** What a fault is on one protocol. */
export interface Setting extends Given {
  /** Part of `npm run test:slow`. */
  readonly fast?: true;
  /** Starts the program and brings the fault about. */
  readonly inflict: (bench: Bench) => Promise<void>;
  readonly expect: Expectation;
}

/** What is different on one protocol: each member that is named takes the place of the fault's own, in `expect` too. */
export interface Difference extends Partial<Omit<Setting, "expect">> {
  /** What the protocol calls it, behind the title. */
  readonly called?: string;
  readonly expect?: Expectation;
}

/** A fault, and what has to come out of it, written before the first run. */
export interface Fault extends Setting {
  readonly number: number;
  readonly title: string;
  /** Default: one broker, of each generation that speaks the protocol. */
  readonly on?: "cluster";
  /** The protocols that it applies to. */
  readonly over: Partial<Readonly<Record<Protocol, Difference>>>;
}

/** A fault on one protocol: what is run. */
export interface Row extends Setting, Seat {
  readonly number: number;
  readonly title: string;
}

export function rowsOf({ over, ...fault }: Fault): Row[] {
  return (Object.entries(over) as [Protocol, Difference][]).map(([protocol, { called, expect, ...own }]) => ({
    ...fault,
    ...own,
    over: protocol,
    title: called === undefined ? fault.title : `${fault.title} (${called})`,
    expect: { ...fault.expect, ...expect, ...(protocol === "streams" && { duplicated: "none" }) },
  }));
}
