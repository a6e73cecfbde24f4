import { types } from "node:util";
import { ConfigurationError, type Delivery, type StreamllEvent } from "@streamll/core";
import { parseDuration } from "@streamll/core/internal";
import { count, isRefusal, type Kind, Refusal, type RowsOf, readOption, text } from "@streamll/core/options";
import { eventIn } from "../dispatch.js";
import { eventsOfMessage } from "../unpacking/events-of-message.js";
import { type Failure, failureOf } from "./failure.js";

/** Which dead letters are meant: those that fit all that is given. */
export interface Selection {
  /** Of the failure, such as `RETRIES_EXHAUSTED`; one or several. */
  readonly code?: string | readonly string[] | undefined;
  /** The event type, such as `llm_end`; one or several. */
  readonly type?: string | readonly string[] | undefined;
  /** The module's name; one or several. */
  readonly module?: string | readonly string[] | undefined;
  /** The `message-id`, which is the event's id; one or several. */
  readonly id?: string | readonly string[] | undefined;
  /** Failed at this time or later: a `Date`, a time as ISO 8601, or a duration before now such as `"1h"`. */
  readonly since?: Date | string | undefined;
  /** Failed before this time. */
  readonly until?: Date | string | undefined;
  /** No more than so many, the oldest first. */
  readonly limit?: number | undefined;
}

/** A dead letter as it is looked at. */
export interface Letter {
  readonly message: Delivery;
  readonly failure: Failure;
  /** `undefined` where it is no event. */
  readonly event: StreamllEvent | undefined;
  /** When it failed, else when it was sent. */
  readonly at: Date | undefined;
}

const refused = new Refusal();

const texts: Kind<readonly string[], string | readonly string[]> = {
  type: "string or list",
  allowed: "a non-empty string, or a list of them",
  read(value) {
    const all = Array.isArray(value) ? (value as unknown[]) : [value];
    const isText = (one: unknown) => !isRefusal(text().read(one));
    return all.length > 0 && all.every(isText) ? (all as string[]) : refused;
  },
};

const moment: Kind<number, Date | string> = {
  type: "`Date`, ISO 8601 or duration",
  allowed: 'a Date, a time such as "2026-01-31T12:00:00Z", or a duration before now such as "1h"',
  read(value) {
    const at = types.isDate(value)
      ? value.getTime()
      : typeof value === "string"
        ? momentOf(value)
        : Number.NaN;
    return Number.isNaN(at) ? refused : at;
  },
};

function momentOf(given: string): number {
  try {
    return Date.now() - parseDuration(given);
  } catch {
    // Date.parse also takes "1" and "May": a year is the least that is meant.
    return /^\d{4}-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  }
}

/** What a selection is made of. */
export const selectionTable = {
  code: { kind: texts, about: "Of the failure, such as `RETRIES_EXHAUSTED`; a list means any of them." },
  type: { kind: texts, about: "The event type, such as `llm_end`; a list means any of them." },
  module: { kind: texts, about: "The module's name; a list means any of them." },
  id: { kind: texts, about: "The `message-id`, which is the event's id; a list means any of them." },
  since: { kind: moment, about: 'Failed then or later. A duration such as `"1h"` is before now.' },
  until: { kind: moment, about: "Failed before then." },
  limit: {
    kind: count(1, 1_000_000_000),
    defaultText: "all",
    about: "No more than so many, the oldest first.",
  },
} satisfies RowsOf<Selection>;

/** Reads the options of a method by their table. @throws ConfigurationError with every problem. */
export function readGiven<Table extends Record<string, { readonly kind: Kind<unknown> }>>(
  table: Table,
  given: object,
  method: string,
): { readonly [Name in keyof Table]: Exclude<ReturnType<Table[Name]["kind"]["read"]>, Refusal> | undefined } {
  const values: Record<string, unknown> = {};
  const problems = Object.entries(given).flatMap(([option, value]) => {
    if (value === undefined) return [];
    const row = Object.hasOwn(table, option) ? table[option] : undefined;
    const names = Object.keys(table).join(", ");
    if (row === undefined) return { option, message: `is not an option of ${method}; they are ${names}` };
    const read = readOption({ ...row, about: "" }, value);
    if (isRefusal(read)) return { option, message: read.message };
    values[option] = read;
    return [];
  });
  const { since, until } = values as { readonly since?: number; readonly until?: number };
  if (since !== undefined && until !== undefined && since >= until)
    problems.push({ option: "until", message: "is not after since, so that no letter would fit" });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return values as never;
}

/** A selection as it was read: times in milliseconds since 1970. */
export type ReadSelection = Partial<ReturnType<typeof readGiven<typeof selectionTable>>>;

/** Whether a letter fits. */
export function fits({ code, type, module, id, since, until }: ReadSelection, letter: Letter): boolean {
  const { message, failure, event, at } = letter;
  const time = at?.getTime();
  if (code !== undefined && !code.includes(failure.code)) return false;
  if (type !== undefined && !type.includes(event?.eventType ?? message.type ?? "")) return false;
  if (module !== undefined && !module.includes(event?.moduleName ?? "")) return false;
  if (id !== undefined && !id.includes(message.messageId ?? "")) return false;
  if (since !== undefined && !(time !== undefined && time >= since)) return false;
  return until === undefined || (time !== undefined && time < until);
}

/** Whether a selection leaves any out. */
export const isNarrow = ({ limit: _, ...others }: ReadSelection): boolean =>
  Object.values(others).some((value) => value !== undefined);

/** How many letters it is about at most, from the first one on. */
export const mostOf = (selection: ReadSelection): number =>
  isNarrow(selection) ? Number.POSITIVE_INFINITY : (selection.limit ?? Number.POSITIVE_INFINITY);

export function letterOf(message: Delivery): Letter {
  const failure = failureOf(message);
  const sent = message.timestamp === undefined ? undefined : new Date(message.timestamp);
  return { message, failure, event: eventOf(message), at: failure.failedAt ?? sent };
}

/** The event of a message, compressed or in a CloudEvent too. `undefined` where it has none, and where it has several. */
export function eventOf(message: Delivery): StreamllEvent | undefined {
  const [one = message, ...others] = eventsOfMessage(message) ?? [];
  return others.length === 0 ? eventIn(one) : undefined;
}
