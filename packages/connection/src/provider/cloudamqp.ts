import type { Provider } from "./provider.js";

/** See docs/providers/cloudamqp.md. */
export const cloudAmqp: Provider = {
  name: "CloudAMQP",
  hosts: /\.cloudamqp\.com\.?$/i,
  plainText: true,
  guest: true,
  streams: true,
  namesVhostAsUser: true,
  smallest: { plan: "Little Lemur", connections: 20 },
};
