import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { told } from "@streamll/core/internal";
import { Failure } from "./exit.js";

/** A place to listen on; port 0 is any that is free. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * The port that the server got.
 *
 * @throws Failure that says why it got none.
 */
export function opened(server: Server, { host, port }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "it is in use" : error.code;
      reject(new Failure(`cannot listen on ${told(host)}, port ${port}: ${why}; see --host and --port`));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
