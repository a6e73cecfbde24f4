import type { ConfigurationProblem, Endpoint } from "@streamll/core";
import { isAmqp } from "../endpoint/parse-endpoint.js";
import { closestName } from "../options/closest-name.js";
import { type Choice, nameOf } from "./choose.js";
import { streams } from "./known.js";

/** What stands in the query of a URL and no transport reads. Of AMQP and of streams it was read as options. */
export function strangeQuery(choice: Choice, endpoints: readonly Endpoint[]): ConfigurationProblem[] {
  // One that is made already may read whatever it likes.
  if (choice.kind === "given") return [];
  const allowed = (choice.kind === "factory" ? choice.factory.query : undefined) ?? [];
  const own = endpoints.filter(({ scheme }) => !isAmqp(scheme) && !streams.schemes.includes(scheme));
  const names = new Set(own.flatMap(({ query }) => Object.keys(query)));
  return [...names]
    .filter((name) => !allowed.includes(name))
    .map((name) => {
      const meant = closestName(name, allowed);
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      const list = allowed.length === 0 ? "none: its factory names none in query" : allowed.join(", ");
      const text = JSON.stringify(name.slice(0, 60));
      return {
        option: "amqpUrl",
        message: `the query parameter ${text} is not known to the transport ${nameOf(choice)}; allowed are ${list}${hint}`,
      };
    });
}
