import { DeadLetter, type StreamllEvent } from "@streamll/core";
import { isThenable } from "@streamll/core/internal";

/**
 * What Zod, Valibot, ArkType and others have in common: https://standardschema.dev, version 1. It is written down here by
 * its structure, so that none of them is a dependency.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The event with its data as the schema makes it.
 *
 * @throws DeadLetter of code `SCHEMA_MISMATCH`, which names places and no values: the library's own messages may hold
 *   data.
 */
export function validated(
  event: StreamllEvent,
  { "~standard": schema }: StandardSchema,
): StreamllEvent | Promise<StreamllEvent> {
  const read = (result: SchemaResult<unknown>): StreamllEvent => {
    if (result.issues === undefined) return { ...event, data: result.value as StreamllEvent["data"] };
    throw new DeadLetter("SCHEMA_MISMATCH", describe(result.issues), { cause: result.issues });
  };
  const result = schema.validate(event.data);
  return isThenable(result) ? result.then(read) : read(result);
}

/** Places that are told of; there may be one for each item of a long list. */
const MOST_PLACES = 5;

function describe(issues: readonly SchemaIssue[]): string {
  const places = [...new Set(issues.map(({ path = [] }) => ["data", ...path.map(nameOf)].join(".")))];
  const more = places.length > MOST_PLACES ? ` and ${places.length - MOST_PLACES} more` : "";
  return `the event does not match its schema at ${places.slice(0, MOST_PLACES).join(", ")}${more}`;
}

/** Keys come from the wire: one that is no plain name may be data. */
function nameOf(segment: PropertyKey | { readonly key: PropertyKey }): string {
  const name = String(typeof segment === "object" ? segment.key : segment);
  return /^[\w-]{1,60}$/.test(name) ? name : "…";
}
