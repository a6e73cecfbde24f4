import type { ConfigurationProblem } from "@streamll/core";
import { DELAYED } from "./exchange-type.js";
import type { OptionName, ResolvedOptions } from "./options/table.js";

/** Options of delivery that contradict each other. */
export function contradictions(values: ResolvedOptions): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (option: OptionName, message: string) => problems.push({ option, message });
  if (values.retryBackoffMs > values.maxRetryBackoffMs) {
    problem(
      "retryBackoffMs",
      `is ${values.retryBackoffMs} ms, which is more than maxRetryBackoffMs, ${values.maxRetryBackoffMs} ms`,
    );
  }
  // The answer to an event that no queue takes comes with its confirm; without one it was counted as sent.
  if (values.mandatory === true && !values.publisherConfirms)
    problem("mandatory", "requires publisherConfirms, which is false: leave out one of them");
  // It returns each message that it holds, and stores it all the same.
  if (values.mandatory === true && values.exchangeType === DELAYED)
    problem("mandatory", `an exchange of type "${DELAYED}" returns what it has stored: leave this out`);
  if (values.spool !== undefined && values.maxEventBytes > values.spool.maxBytes / 8)
    problem("spool", `maxBytes must be at least 8 times maxEventBytes, ${values.maxEventBytes} bytes`);
  // What memory holds is written before what it has no room for.
  if (values.spool?.mode === "overflow" && values.spool.maxBytes < 2 * values.maxBufferedBytes)
    problem(
      "spool",
      `maxBytes must be at least twice maxBufferedBytes, ${values.maxBufferedBytes} bytes, with mode "overflow"`,
    );
  // What the broker has of one folder's events would be taken for what it has of another's.
  if (values.spool !== undefined && typeof values.publisherName === "string")
    problem("publisherName", "leave this out with spool: each folder of the spool has a name of its own");
  return problems;
}
