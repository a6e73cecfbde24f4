import type { Explanation } from "@streamll/connection";
import { formatExplanation as format } from "@streamll/connection/internal";
import { table } from "./options/table.js";

/** What a consumer made of its options. A plain object, fit for `JSON.stringify`; holds no secret. */
export type ConsumerExplanation = Explanation<keyof typeof table>;

const groups: Readonly<Record<string, { readonly group: string }>> = table;

/**
 * An explanation as text, an option a line.
 *
 * @example
 * console.log(formatExplanation(new EventConsumer({ queue: "rag-team" }).explain()));
 */
export const formatExplanation = (explanation: ConsumerExplanation): string =>
  format(explanation, (option) => groups[option]?.group);
