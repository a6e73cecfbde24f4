import type { FakeTransport } from "../delivery/fake-transport.js";
import { must } from "../delivery/model.js";

/** An event that was offered, in any of the programs of a run. */
export interface Tracked {
  readonly id: string;
  readonly execution: string;
  /** Whether a program has accepted it: unknown until `publish()` says that there was no room. */
  accepted: boolean;
  /** The program that accepted it was killed, and had not promised to keep it. */
  mayBeLost: boolean;
  /** What the broker told of it: that it has it, and whether a turn of the event loop has ended since, before a kill. */
  told: "not" | "just now" | "before" | "too late";
  /** Told to listeners, or to the caller of `publish()`. */
  readonly codes: string[];
}

/** What the programs of a run have accepted, and what became of it. */
export class Account {
  readonly tracked = new Map<string, Tracked>();
  /** The broker has refused it at least once: it may come later than others, or twice. */
  readonly refused = new Set<string>();
  /** What the broker has, in the order in which it came. */
  readonly stored: string[] = [];
  /** A disk that failed, or lost its power, may have changed the order, or have forgotten what was answered. */
  keepsOrder = true;
  keepsMarks = true;
  /** What was synced outlives a loss of power. */
  readonly synced = new Set<Tracked>();
  /** Events that were on the disk alone and failed: they are counted, and nobody has their message. */
  anonymous = 0;
  /** How often an event was sent that an earlier program was answered for. */
  sentAgain = 0;
  /** No file was left as it is to a later program. */
  countsBytes = true;

  offered(execution: string): Tracked {
    // The length of an id decides what memory and disk have room for: it must not depend on the runs before.
    const id = `event-${this.tracked.size + 1}`;
    const one: Tracked = { id, execution, accepted: true, mayBeLost: false, told: "not", codes: [] };
    this.tracked.set(id, one);
    return one;
  }

  /** A program is over: what its broker has stays. */
  collect(transport: FakeTransport): void {
    this.stored.push(...transport.stored.map(({ messageId }) => messageId));
    transport.stored.length = 0;
  }

  /** A turn of the event loop has ended. */
  turn(): void {
    for (const one of this.tracked.values()) if (one.told === "just now") one.told = "before";
  }

  /** The program is killed. `isSafe`: what it has promised to keep. */
  killed(isSafe: (one: Tracked) => boolean): void {
    for (const one of this.tracked.values()) {
      if (one.accepted && !isSafe(one)) one.mayBeLost = true;
      if (one.told === "just now") one.told = "too late";
    }
  }

  /** A program sends something: nothing that an earlier one was answered for. */
  checkSent(ids: readonly string[], ofThisProgram: ReadonlySet<string>): void {
    if (!this.keepsMarks) return;
    // Noted, not thrown: the engine guards itself against a publish() that throws.
    for (const id of ids)
      if (!ofThisProgram.has(id) && this.tracked.get(id)!.told === "before") this.sentAgain++;
  }

  /** The last program has delivered everything. */
  checkEnd(deduplication: boolean): void {
    const places = new Map<string, number>();
    for (const [index, id] of this.stored.entries()) {
      must(
        !deduplication || !places.has(id) || this.refused.has(id) || !this.keepsMarks,
        "a broker that deduplicates has an event once, across programs",
      );
      if (!places.has(id)) places.set(id, index);
    }
    const reached = new Map<string, number>();
    let missing = 0;
    for (const one of this.tracked.values()) {
      const place = places.get(one.id);
      must(one.accepted || place === undefined, "an event that was refused is not sent");
      if (!one.accepted) continue;
      if (place === undefined && one.codes.length === 0 && !one.mayBeLost) missing++;
      must(one.told === "not" || place !== undefined, "an event counts as sent only when the broker has it");
      // One that was withdrawn in the turn of a kill may come all the same.
      const hasEnded = place === undefined || one.codes.length > 0;
      if (hasEnded || this.refused.has(one.id) || !this.keepsOrder) continue;
      must(
        place > (reached.get(one.execution) ?? -1),
        "the events of an execution are stored in their order, across programs",
      );
      reached.set(one.execution, place);
    }
    must(
      missing <= this.anonymous,
      "what was accepted is delivered, or reported, or was in the memory of a killed program",
    );
  }
}
