import type { Endpoint, TransportOptions } from "@streamll/core";
import { type Address, bareHost } from "@streamll/transport-kit";

const PORT = 5552;
const TLS_PORT = 5551;

export const isEncrypted = ({ scheme }: Endpoint, { tls }: Pick<TransportOptions, "tls">): boolean =>
  tls !== undefined || scheme === "rabbitmq-stream+tls";

export const addressOf = (endpoint: Endpoint, options: Pick<TransportOptions, "tls">): Address => ({
  host: bareHost(endpoint.host),
  port: endpoint.port ?? (isEncrypted(endpoint, options) ? TLS_PORT : PORT),
});
