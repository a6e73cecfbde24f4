import type { ConfigurationProblem, Endpoint } from "@streamll/core";
import { takesUriParameters } from "../endpoint/uri-parameters.js";
import { closestName } from "../options/closest-name.js";
import { type Choice, descriptionOf, nameOf } from "./choose.js";

/** What stands in the query of a URL and the transport does not read. */
export function unknownParameters(choice: Choice, endpoints: readonly Endpoint[]): ConfigurationProblem[] {
  // One that is made already may read whatever it likes.
  if (choice.kind === "given") return [];
  const allowed = descriptionOf(choice)?.query ?? [];
  const others = endpoints.filter(({ scheme }) => !takesUriParameters(scheme));
  const names = new Set(others.flatMap(({ query }) => Object.keys(query)));
  return [...names]
    .filter((name) => !allowed.includes(name))
    .map((name) => {
      const meant = closestName(name, allowed);
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      const list = allowed.length === 0 ? "none: its factory names none in query" : allowed.join(", ");
      const text = JSON.stringify(name.slice(0, 60));
      return {
        option: "amqpUrl",
        message: `the transport ${nameOf(choice)} does not know the query parameter ${text}; allowed are ${list}${hint}`,
      };
    });
}
