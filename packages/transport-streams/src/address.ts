import type { Endpoint, TransportOptions } from "@streamll/core";
import { type Address, bareHost } from "@streamll/core/internal";
import { streamsDescription } from "./description.js";

const { ports } = streamsDescription;

export const isEncrypted = ({ scheme }: Endpoint, { tls }: Pick<TransportOptions, "tls">): boolean =>
  tls !== undefined || scheme === "rabbitmq-stream+tls";

export const addressOf = (endpoint: Endpoint, options: Pick<TransportOptions, "tls">): Address => ({
  host: bareHost(endpoint.host),
  port: endpoint.port ?? ports[isEncrypted(endpoint, options) ? "rabbitmq-stream+tls" : "rabbitmq-stream"],
});
