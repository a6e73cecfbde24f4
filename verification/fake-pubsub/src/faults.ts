import type { StatusName } from "./status.js";

/** What one request meets. */
export type Fault =
  /** It is refused, and nothing is stored. `retryAfter` in seconds, as the header. */
  | { readonly status: StatusName; readonly retryAfter?: number }
  /** Its connection is reset before anything is done. */
  | { readonly reset: "before" }
  /** It is carried out, and its connection is reset before the answer. */
  | { readonly reset: "after" }
  /** It is carried out, and its answer comes so many milliseconds later. */
  | { readonly lateMs: number }
  /** It is carried out, and answered with this instead: HTTP alone. */
  | { readonly answer: { readonly code: number; readonly body: string } };

interface Ordered {
  readonly fault: Fault;
  readonly method: RegExp;
  left: number;
}

/** Faults on command, for requests whose method (`publish`, `pull`, `acknowledge`, `get` …) fits. */
export class Faults {
  #ordered: Ordered[] = [];
  #share:
    | { readonly share: number; readonly random: () => number; readonly faults: readonly Fault[] }
    | undefined;
  /** How many requests met a fault. */
  met = 0;

  /** The next `times` requests of the method meet it. */
  next(method: string | RegExp, fault: Fault, times = 1): void {
    this.#ordered.push({ fault, method: new RegExp(method), left: times });
  }

  /** A share of all publish requests, from 0 to 1, meets one of these; `random` as `Math.random`. */
  some(share: number, random: () => number, faults: readonly Fault[]): void {
    this.#share = { share, random, faults };
  }

  clear(): void {
    this.#ordered = [];
    this.#share = undefined;
  }

  of(method: string): Fault | undefined {
    const fault = this.#faultOf(method);
    if (fault !== undefined) this.met++;
    return fault;
  }

  #faultOf(method: string): Fault | undefined {
    const ordered = this.#ordered.find((one) => one.left > 0 && one.method.test(method));
    if (ordered !== undefined) {
      ordered.left--;
      return ordered.fault;
    }
    if (method !== "publish" || this.#share === undefined) return undefined;
    const { share, random, faults } = this.#share;
    return random() < share ? faults[Math.floor(random() * faults.length)] : undefined;
  }
}
