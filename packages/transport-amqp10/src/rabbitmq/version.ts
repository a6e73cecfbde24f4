import type { Connection } from "rhea";
import { faultError } from "../failure.js";
import { tooOld } from "./failure.js";

/** Whether the broker is that version or a later one. */
export function isFrom({ properties }: Connection, major: number, minor: number): boolean {
  const [own = 0, ownMinor = 0] = String(properties?.version).split(".").map(Number);
  return own > major || (own === major && ownMinor >= minor);
}

/**
 * The plugin of 3.x takes other addresses, and has no management node.
 *
 * @throws TransportError
 */
export function checkVersion(rhea: Connection, label: string): void {
  const { product, version } = rhea.properties ?? {};
  if (product !== "RabbitMQ" || isFrom(rhea, 4, 0)) return;
  throw faultError({ stage: "open", description: `the broker is RabbitMQ ${version}` }, tooOld, label);
}
