import { redactedDeeply } from "@streamll/core/internal";
import { defaultOf } from "@streamll/core/options";
import type { ConnectingTable, Connection } from "../resolve-connection.js";
import { type Origin, showValue } from "./read.js";

export interface ExplainedOption extends Origin {
  /** As one would write it; secrets are `***`, functions `a function`. Absent: not set, and no default. */
  readonly value?: unknown;
}

/**
 * Each option as it is used, without secrets.
 *
 * @param derived values that follow from others where the user set none.
 */
export function explainOptions(
  { rows, values, own, origins }: Connection<ConnectingTable>,
  derived: Readonly<Record<string, unknown>>,
): Record<string, ExplainedOption> {
  const used: Readonly<Record<string, unknown>> = { ...values, ...own };
  const explain = (option: string): ExplainedOption => {
    if (!origins.has(option) && derived[option] !== undefined)
      return { value: redactedDeeply(derived[option]), from: "derived" };
    const row = rows[option]!;
    const value = showValue(row, option in used ? used[option] : defaultOf(row));
    return { ...(value === undefined ? {} : { value }), ...(origins.get(option) ?? { from: "default" }) };
  };
  return Object.fromEntries(Object.keys(rows).map((option) => [option, explain(option)]));
}

/** The options as lines of text, under their headings. */
export function formatOptions(
  options: Readonly<Record<string, ExplainedOption>>,
  groupOf: (option: string) => string,
): readonly string[] {
  const lines: string[] = [];
  for (const group of new Set(Object.keys(options).map(groupOf))) {
    lines.push("", group);
    for (const [option, { value, from, variable }] of Object.entries(options)) {
      if (groupOf(option) !== group) continue;
      const text = value === undefined ? "-" : typeof value === "string" ? value : JSON.stringify(value);
      lines.push(`  ${option.padEnd(22)} ${text.padEnd(36)} ${variable ?? from}`);
    }
  }
  return lines;
}
