import type { Provider } from "./provider.js";

/** See docs/providers/azure-service-bus.md. Azure's own, and its clouds for governments and for China. */
export const azureServiceBus: Provider = {
  name: "Azure Service Bus",
  hosts: /\.servicebus\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)\.?$/i,
  plainText: false,
  guest: true,
  streams: false,
  namesVhostAsUser: false,
  smallest: { plan: "Basic", connections: 5000 },
};
