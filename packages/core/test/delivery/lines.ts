import type { Logger } from "@streamll/core";

/** A line of the log as it was handed over. */
export interface Line {
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps what it is told. */
export function keepLines(): { readonly lines: Line[]; readonly logger: Logger; of(name: string): Line[] } {
  const lines: Line[] = [];
  const keep =
    (level: keyof Logger): Logger["info"] =>
    (fields, message) =>
      lines.push({ level, fields, message });
  return {
    lines,
    logger: { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") },
    of: (name) => lines.filter(({ fields }) => fields.line === name),
  };
}
