import type { Explanation as Explained } from "@streamll/connection";
import { formatExplanation as format } from "@streamll/connection/internal";
import { allRows, type OptionName } from "./options/table.js";

/** What a sink made of its options. A plain object, fit for `JSON.stringify`; holds no secret. */
export type Explanation = Explained<OptionName>;

/**
 * An explanation as text, an option a line.
 *
 * @example
 * console.log(formatExplanation(new RabbitMQSink().explain()));
 */
export const formatExplanation = (explanation: Explanation): string =>
  format(explanation, (option) => allRows[option]?.group);
