import type { Random } from "./random.js";

/** A fault on its way: what, when, for how long, at which sink. */
export interface Plan<Kind extends string = string> {
  readonly kind: Kind;
  /** From the beginning of the run. It comes later where the one before it took longer. */
  readonly atMs: number;
  readonly lastsMs: number;
  /** Its place in the list. Faults of the broker hit all. */
  readonly sink: number;
  /** How hard, 0 to 1, for kinds that have degrees. */
  readonly strength: number;
}

/** The load from a moment on. */
export interface Pace {
  readonly atMs: number;
  readonly perSecond: number;
}

/** What comes one after the other, never two at a time. */
export type Track<Kind extends string> = readonly Plan<Kind>[];

/** The shortest and the longest time that a kind lasts, in milliseconds. */
export type Kinds<Kind extends string> = Readonly<Record<Kind, readonly [least: number, most: number]>>;

export interface Request {
  readonly random: Random;
  readonly ms: number;
  readonly sinks: number;
}

const CALM_MS = [500, 5000] as const;
const PACE_MS = [10_000, 30_000] as const;
/** At the end: what the last fault left has to be mended while the load goes on. */
const QUIET_MS = 5000;

export function track<Kind extends string>(kinds: Kinds<Kind>, { random, ms, sinks }: Request): Track<Kind> {
  const names = Object.keys(kinds) as Kind[];
  const plans: Plan<Kind>[] = [];
  let bag: Kind[] = [];
  for (let atMs = random.between(1000, 3000); ; ) {
    // Each kind comes once before any comes again.
    if (bag.length === 0) bag = [...names];
    const kind = random.oneOf(bag);
    bag = bag.filter((other) => other !== kind);
    const [least, most] = kinds[kind];
    const lastsMs = random.between(least, most);
    if (atMs + lastsMs > ms - QUIET_MS) return plans;
    plans.push({ kind, atMs, lastsMs, sink: random.between(0, sinks - 1), strength: random.next() });
    atMs += lastsMs + random.between(...CALM_MS);
  }
}

/** @param range events a second, of all sinks together. */
export function paces(random: Random, ms: number, range: readonly [least: number, most: number]): Pace[] {
  const paces: Pace[] = [];
  for (let atMs = 0; atMs < ms; atMs += random.between(...PACE_MS)) {
    paces.push({ atMs, perSecond: random.between(...range) });
  }
  return paces;
}
