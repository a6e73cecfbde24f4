import type { Logger } from "@streamll/core";

/** A logger that keeps what it is told, fields and all. */
export function keeper(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  const keep = (fields: object, message: string) => lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, logger: { debug: keep, info: keep, warn: keep, error: keep } };
}
