import { types } from "node:util";
import { ownData } from "../../fields.js";

// Fields that hold data. A getter of a result may begin to read the stream that the program is about to read.

export const fieldOf = (holder: unknown, key: PropertyKey): unknown =>
  typeof holder === "object" && holder !== null ? ownData(holder, key) : undefined;

/** The field at a path such as `message.content`. */
export const fieldAt = (holder: unknown, path: string): unknown => {
  let at = holder;
  for (const key of keysOf(path)) at = fieldOf(at, key);
  return at;
};

/** Of the paths in these files, which are few. */
const keys = new Map<string, readonly string[]>();

function keysOf(path: string): readonly string[] {
  const known = keys.get(path) ?? path.split(".");
  keys.set(path, known);
  return known;
}

export const objectAt = (holder: unknown, path: string): object | undefined => {
  const value = fieldAt(holder, path);
  return typeof value === "object" && value !== null ? value : undefined;
};

export const textAt = (holder: unknown, path: string): string | undefined => {
  const value = fieldAt(holder, path);
  return typeof value === "string" ? value : undefined;
};

const mostItems = 1000;

/** The first so many items of a list, none of what is no list. */
export const itemsAt = (holder: unknown, path: string): unknown[] => {
  const list = fieldAt(holder, path);
  if (!Array.isArray(list)) return [];
  return Array.from({ length: Math.min(list.length, mostItems) }, (_, index) => ownData(list, index));
};

const holdersOfParts = ["message", "response", "data", "delta", "metadata", "response_metadata"];

/** A place where a result or a chunk says what it says. It is no proxy. */
export type Part = object;

/**
 * Where a result or a chunk says what it says: Anthropic's stream begins with `{ message }`, that of OpenAI's responses
 * ends with `{ response }`, Mistral's chunks are `{ data }`, Cohere's and Anthropic's last ones `{ delta }`, Bedrock's
 * `{ metadata }`.
 */
export function partsOf(answer: unknown): Part[] {
  if (typeof answer !== "object" || answer === null || types.isProxy(answer)) return [];
  const parts = [answer];
  for (const name of holdersOfParts) {
    const part = Object.hasOwn(answer, name) ? objectAt(answer, name) : undefined;
    if (part !== undefined && !types.isProxy(part)) parts.push(part);
  }
  return parts;
}

/** What paths lead to, of which only few begin with the name of a field of any one part. */
export class Paths {
  readonly #paths: readonly (readonly [first: string, path: string])[];

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => [keysOf(path)[0] as string, path]);
  }

  /** The first text that is not empty. */
  textIn(holder: Part): string | undefined {
    for (const [first, path] of this.#paths) {
      const text = Object.hasOwn(holder, first) ? textAt(holder, path) : undefined;
      if (text !== undefined && text !== "") return text;
    }
    return undefined;
  }
}
