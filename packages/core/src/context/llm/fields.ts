import { types } from "node:util";
import { ownData } from "../../fields.js";

// These read data fields only: a getter of a result may start reading the stream that the program is about to read.

export const fieldOf = (holder: unknown, key: PropertyKey): unknown =>
  typeof holder === "object" && holder !== null ? ownData(holder, key) : undefined;

/** The field at a path such as `message.content`. */
export const fieldAt = (holder: unknown, path: string): unknown => {
  let at = holder;
  for (const key of keysOf(path)) at = fieldOf(at, key);
  return at;
};

/** The split paths. Only the constant paths in this folder get here, so that this stays small. */
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

const maxItems = 1000;

/** The first {@link maxItems} items of a list; an empty list for anything else. */
export const itemsAt = (holder: unknown, path: string): unknown[] => {
  const list = fieldAt(holder, path);
  if (!Array.isArray(list)) return [];
  return Array.from({ length: Math.min(list.length, maxItems) }, (_, index) => ownData(list, index));
};

const holdersOfParts = ["message", "response", "data", "delta", "metadata", "response_metadata"];

/** An object in a result or a chunk that may hold model, usage and the like. It is never a proxy. */
export type Part = object;

/**
 * The parts of a result or a chunk: Anthropic's stream begins with `{ message }`, that of OpenAI's Responses API ends
 * with `{ response }`, Mistral's chunks are `{ data }`, Cohere's and Anthropic's last chunks `{ delta }`, Bedrock's
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

/** Looks up paths quickly: only those whose first key the part has are followed. */
export class Paths {
  readonly #paths: readonly (readonly [first: string, path: string])[];

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => [keysOf(path)[0] as string, path]);
  }

  /** The first non-empty text at one of the paths. */
  textIn(holder: Part): string | undefined {
    for (const [first, path] of this.#paths) {
      const text = Object.hasOwn(holder, first) ? textAt(holder, path) : undefined;
      if (text !== undefined && text !== "") return text;
    }
    return undefined;
  }
}
