import { connect } from "node:net";
import { createSecureContext, createServer } from "node:tls";
import { type Certificates, freePort } from "@streamll/brokers";
import type { Endpoint } from "@streamll/core";

/** In front of a broker, takes TLS from whoever says a name (SNI), and remembers the names. */
export async function sniProxy(
  { port }: Endpoint,
  { "cert.pem": cert, "key.pem": key }: Certificates,
): Promise<{ readonly names: string[]; readonly port: number } & AsyncDisposable> {
  const names: string[] = [];
  const server = createServer({
    SNICallback(name, done) {
      names.push(name);
      done(null, createSecureContext({ cert, key }));
    },
  });
  server.on("secureConnection", (client) => {
    const broker = connect({ port: port!, host: "127.0.0.1" });
    client.pipe(broker).pipe(client);
    client.on("error", () => broker.destroy());
    broker.on("error", () => client.destroy());
  });
  server.on("tlsClientError", () => {});
  const own = await freePort();
  await new Promise<void>((resolve) => server.listen(own, "127.0.0.1", resolve));
  return {
    names,
    port: own,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
