import type { Endpoint, TransportOptions } from "@streamll/core";
import { type DialAddress, dialAddressOf } from "@streamll/transport-kit";
import { streamsDescription } from "./description.js";

const { "rabbitmq-stream": plain, "rabbitmq-stream+tls": tls } = streamsDescription.ports;
const PORTS = { plain, tls };

export const addressOf = (endpoint: Endpoint, options: TransportOptions): DialAddress =>
  dialAddressOf(endpoint, options, PORTS, "rabbitmq-stream+tls");
