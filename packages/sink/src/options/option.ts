import { quoted } from "@streamll/core/internal";

/** Why a value is not taken. An empty message: the kind's `allowed` says it all. */
export class Refusal {
  readonly message: string;

  constructor(message = "") {
    this.message = message;
  }
}

/** What values an option takes. */
export interface Kind<T> {
  /** The type column of the documentation: `boolean`, `seconds`. */
  readonly type: string;
  /** Ends the sentence "…; allowed is". */
  readonly allowed: string;
  /** The value as the sink uses it: durations in milliseconds, sizes in bytes. */
  read(value: unknown): T | Refusal;
  /** An environment variable's text as a value of the option. Absent: it has no variable. */
  fromText?(text: string): unknown;
  /** Text in its place may be a document with a secret in it, and is not repeated. */
  readonly conceals?: true;
  /** How `explain()` and the documentation show a value. Default: as it is, unless it looks like a URL. */
  show?(value: T): unknown;
}

export const groups = ["Where to send", "What is declared on the broker", "Delivery", "Observing"] as const;

export type Group = (typeof groups)[number];

/** A row of the table that validation, the environment, `explain()` and the documentation are made from. */
export interface Option<T> {
  readonly kind: Kind<T>;
  readonly group: Group;
  /** One or two sentences, in Markdown. */
  readonly about: string;
  /** As the user would write it. */
  readonly default?: unknown;
  /** The default in words, where it is no plain value. */
  readonly defaultText?: string;
  /** Variables beside `RABBITMQ_` and the name; the first that is set wins. */
  readonly variables?: readonly string[];
  /** Never shown. */
  readonly secret?: true;
  /** What the transport must be able to do for it. */
  readonly needs?: "confirms" | "mandatory" | "priority" | "ttl" | "deadLetter" | "topology";
  /** The package that brings it. */
  readonly package?: string;
}

/** The value of a row, once read. */
export type ValueOf<O> = O extends { readonly kind: Kind<infer T>; readonly default: unknown }
  ? T
  : O extends { readonly kind: Kind<infer T> }
    ? T | undefined
    : never;

/** To write a bigint of a million digits takes a while. */
const LARGE = 10n ** 60n;

/** Shows any value in an error: short, one line, never what is inside an object or behind a `:`. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return value > -LARGE && value < LARGE ? `${value}n` : "a bigint";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "number" || typeof value === "boolean" || value == null
    ? String(value)
    : `a ${typeof value}`;
}
