import { transportWith } from "./good-transport.mjs";

/** Its heartbeat holds the process. */
export const transport = transportWith((heartbeat) => setInterval(heartbeat, 10));
