import { closestName } from "@streamll/connection/internal";

/** For the end of an error: which of these was probably meant, if one was. */
export function meant(given: string, known: object): string {
  const name = closestName(given, Object.keys(known));
  return name === undefined ? "" : `; did you mean ${name}?`;
}
