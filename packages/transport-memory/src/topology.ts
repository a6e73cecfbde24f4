import type { Topology } from "@streamll/core";
import type { Router } from "./router.js";

/**
 * Makes what a sink needs, or checks that it is there.
 *
 * @throws TransportError of kind `topology-conflict` or `not-found`.
 */
export function declareTopology(router: Router, { mode, exchanges, queues, bindings }: Topology): void {
  if (mode === "none") return;
  for (const { name, type, arguments: args, asFound } of exchanges) {
    if (name === "") continue;
    if (mode === "passive" || (asFound && router.hasExchange(name))) router.exchange(name);
    else router.declareExchange(name, type, args);
  }
  for (const { name, arguments: args } of queues) {
    if (mode === "passive") router.queue(name);
    else router.declareQueue(name, args);
  }
  if (mode === "passive") return;
  for (const { exchange, queue, pattern, arguments: args = {} } of bindings) {
    if (exchange !== "") router.exchange(exchange).bind(router.queue(queue), pattern, args);
  }
}
