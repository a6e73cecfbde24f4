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
  /** How `explain()` and the documentation show a value. Default: as it is. */
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

/** Shows any value in an error: short, one line, never what is inside an object or the password of a URL. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    const text = value.replace(/:.*@/s, ":***@");
    return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  }
  if (typeof value === "bigint") return `${String(value).slice(0, 60)}n`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
