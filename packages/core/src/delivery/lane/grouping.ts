import type { EventLog } from "../../buffer/event-log.js";
import type { Grouping } from "../../buffer/packing.js";
import { DEAD, MAYBE_STORED, NUMBERED } from "../../buffer/slots.js";
import type { DeliveryOptions } from "../options.js";
import { LatestGroups } from "./latest-groups.js";

/** Among so many of the latest groups an event looks for one that it fits in. */
export const LOOK_BACK = 8;

export interface GroupingSetup {
  readonly log: EventLog;
  readonly options: Pick<DeliveryOptions, "batchSize" | "batchBytes">;
  /** The broker deduplicates by sequence. */
  readonly deduplication: boolean;
  /** What the broker had when the connection was opened goes up to this sequence. */
  storedBefore(): number;
}

interface Group {
  readonly slots: number[];
  events: number;
  /** Of its bodies. */
  bytes: number;
}

/**
 * Puts events together that may be one message: alike in exchange, routing key, headers and what the transport's own
 * options make of them. An event goes into no group before that of an earlier event of its execution, so their order
 * holds for a reader of all groups.
 */
export function grouper({ log, options, deduplication, storedBefore }: GroupingSetup) {
  function fits(slot: number, { slots, events, bytes }: Group): boolean {
    const member = slots[0]!;
    const isFixed = hasFixedMessage(log, slot, deduplication);
    if (isFixed !== hasFixedMessage(log, member, deduplication)) return false;
    if (isFixed) return log.sequence[slot] === log.sequence[member];
    if (log.kind[slot] !== log.kind[member]) return false;
    if (events >= options.batchSize || bytes + sizeOf(slot) > options.batchBytes) return false;
    if (log.has(slot, DEAD) || log.has(member, DEAD)) return false;
    return isStored(slot) === isStored(member);
  }

  /** With what stands between it and the next. */
  const sizeOf = (slot: number): number => log.bodyBytes[slot]! + 1;

  /** Of sequences of the publisher's own, the broker may have some, from an earlier program. */
  const isStored = (slot: number): boolean =>
    log.has(slot, NUMBERED) && log.sequence[slot]! <= storedBefore();

  /** Groups are numbered on from call to call. */
  let before = 0;
  const executions = new LatestGroups(log);

  return (slots: readonly number[]): Grouping => {
    const groups: Group[] = [];
    const isOfOneKind = slots.every((slot) => log.kind[slot] === log.kind[slots[0]!]);
    /** Puts an event, or as much of a run as fits, into a group, and returns the slot of the others. */
    const place = (slot: number): number | undefined => {
      // The highest sequence of a message stands for all below it: with the publisher's own, none may be skipped.
      const lookBack = isOfOneKind || log.has(slot, NUMBERED) ? 1 : LOOK_BACK;
      const latest = isOfOneKind ? 0 : executions.latestOf(slot) - before;
      const least = Math.max(0, latest, groups.length - lookBack);
      let at = groups.length - 1;
      while (at >= least && !fits(slot, groups[at]!)) at--;
      if (at < least) at = groups.push({ slots: [], events: 0, bytes: 0 }) - 1;
      const group = groups[at]!;
      const room = options.batchSize - group.events;
      const rest = log.events[slot]! > room ? log.split(slot, room) : undefined;
      group.slots.push(slot);
      group.events += log.events[slot]!;
      group.bytes += sizeOf(slot);
      if (!isOfOneKind) executions.isIn(slot, before + at);
      return rest;
    };
    for (const slot of slots)
      for (let rest: number | undefined = slot; rest !== undefined; ) rest = place(rest);
    before += groups.length;
    // `flatMap` takes several times as long.
    const together: number[] = [];
    for (const group of groups) for (const slot of group.slots) together.push(slot);
    let end = 0;
    return {
      slots: together,
      ends: groups.map(({ slots }) => (end += slots.length)),
    };
  };
}

/**
 * Whether the event may be stored as part of a message that the broker knows by its sequence: only the same events may go
 * again under that, or those that it does not have are taken for stored.
 */
export const hasFixedMessage = (log: EventLog, slot: number, deduplication: boolean): boolean =>
  deduplication && log.has(slot, MAYBE_STORED) && log.sequence[slot]! > 0;

/** Whether these are several events that may only go again as the one message that they were. */
export function areOneMessage(log: EventLog, slots: readonly number[], deduplication: boolean): boolean {
  const [first, ...others] = slots;
  if (first === undefined || others.length === 0 || !hasFixedMessage(log, first, deduplication)) return false;
  return others.every((slot) => log.sequence[slot] === log.sequence[first]);
}
