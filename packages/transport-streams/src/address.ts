import type { Endpoint, TransportOptions } from "@streamll/core";
import { type DialAddress, dialAddressOf } from "@streamll/transport-kit";

const PORTS = { plain: 5552, tls: 5551 };

export const addressOf = (endpoint: Endpoint, options: TransportOptions): DialAddress =>
  dialAddressOf(endpoint, options, PORTS, "rabbitmq-stream+tls");
