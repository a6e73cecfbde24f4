import { string } from "./writer.js";

/** Answered with properties: `advertised_host` and `advertised_port` of the node at the other end. */
export const open = (virtualHost: string): Buffer => string(virtualHost);
