import type { Provider } from "./provider.js";

/** See docs/providers/amazon-mq.md. */
export const amazonMq: Provider = {
  name: "Amazon MQ",
  hosts: /\.mq\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws)\.?$/i,
  plainText: false,
  guest: false,
  streams: false,
  exchangeTypes: ["x-consistent-hash", "x-jms-topic"],
  quorumByDefault: "RabbitMQ 4",
  namesVhostAsUser: false,
  smallest: { plan: "mq.m7g.medium", connections: 300 },
};
