import type { StreamllEvent } from "@streamll/core";
import type { StandardSchema } from "../standard-schema.js";

/** What the option `schema` is: by event type, and `"*"` for all others. */
export type Schemas = Readonly<Record<string, StandardSchema>>;

/** Without a schema an event has any data. */
export type NoSchemas = Readonly<Record<never, StandardSchema>>;

/** An event whose data a schema has made. */
export type EventOf<Data> = Omit<StreamllEvent, "data"> & { readonly data: Data };

type Output<Schema> = Schema extends StandardSchema<infer Data> ? Data : never;

/** The data of events of one type; the handler `"*"` may also get those of a type that has a schema and no handler. */
export type DataOf<Given extends Schemas, Type extends string> = Type extends "*"
  ? AnyData<Given>
  : Type extends keyof Given
    ? Output<Given[Type]>
    : "*" extends keyof Given
      ? Output<Given["*"]>
      : StreamllEvent["data"];

/** The data of an event of any type: a schema says what it is only where each type has one. */
export type AnyData<Given extends Schemas> = "*" extends keyof Given
  ? Output<Given[keyof Given]>
  : StreamllEvent["data"];
