import type { CallHandle } from "@streamll/core";

/** Runs a function in a call, if there is one. */
export const within = <R>(call: CallHandle | undefined, fn: () => R): R =>
  call === undefined ? fn() : call.run(fn);

/** Reads a field of a framework's object; `undefined` if reading it throws. */
export function read(holder: unknown, name: string): unknown {
  if ((typeof holder !== "object" || holder === null) && typeof holder !== "function") return undefined;
  try {
    return (holder as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

export function textOf(holder: unknown, name: string): string | undefined {
  const value = read(holder, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Only the values that are strings, as the tags of an event have to be. */
export function tagsOf(tags: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
