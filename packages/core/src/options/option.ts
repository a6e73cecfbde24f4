import type { Refusal } from "./refusal.js";

/**
 * What values an option takes.
 *
 * @typeParam Value as the program uses it.
 * @typeParam Given as the user writes it.
 */
export interface Kind<Value, Given = Value> {
  /** The type column of the documentation: `boolean`, `seconds`. */
  readonly type: string;
  /** Completes the sentence "must be …". */
  readonly allowed: string;
  /** Returns the value as the program uses it: durations in milliseconds, sizes in bytes. */
  read(value: unknown): Value | Refusal;
  /** Turns the text of an environment variable into a value of the option. Absent: the option has no variable. */
  fromText?(text: string): unknown;
  /** Whether errors leave out an invalid text of this option, which may be a document with a secret in it. */
  readonly conceals?: true;
  /** How `explain()` and the documentation show a value. Default: as it is, without what looks like a password. */
  show?(value: Value): unknown;
  /** Never set: only carries the type. */
  readonly given?: Given;
}

/** One option: validation, environment variable, `explain()` and documentation are made from it. */
export interface Option<Value, Given = Value> {
  readonly kind: Kind<Value, Given>;
  /** One or two sentences, in Markdown. */
  readonly about: string;
  /** As the user would write it. */
  readonly default?: Given;
  /** The default in words, where it is not a plain value. */
  readonly defaultText?: string;
  /** Environment variables beside the one that is made from the option's name; the first that is set wins. */
  readonly variables?: readonly string[];
  /** Its value is never shown. */
  readonly secret?: true;
  /**
   * Its value is a template that the sink fills from each event: the transport finds the text in
   * `OutboundMessage.own`, under the option's name. Only for an option of a transport.
   */
  readonly perEvent?: true;
}

/**
 * The options of a transport by their names.
 *
 * @example
 * const options = {
 *   maxLength: { kind: count(1, 1_000_000), default: 100_000, about: "Events that the stream keeps." },
 * } satisfies OptionTable;
 */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The rows of a table whose options an interface declares. */
export type RowsOf<Given> = {
  readonly [Name in keyof Given]-?: Option<unknown, Exclude<Given[Name], undefined>>;
};

/** What an option is once it is read. */
export type ValueOf<Row> = Row extends { readonly kind: { read(value: unknown): infer Read } }
  ? Row extends { readonly default: unknown }
    ? Exclude<Read, Refusal>
    : Exclude<Read, Refusal> | undefined
  : never;

/** The options of a table once they are read: durations in milliseconds, sizes in bytes, defaults filled in. */
export type ResolvedOptions<Table> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** What the user may write for an option. */
export type GivenOf<Row> = Row extends { readonly kind: { readonly given?: infer Given } }
  ? Exclude<Given, undefined>
  : never;

/** The options of a table as the user may write them. */
export type GivenOptions<Table> = { readonly [Name in keyof Table]?: GivenOf<Table[Name]> | undefined };
