import type { TransportCapabilities, TransportOptions } from "./transport.js";

/** What is left of the capabilities where the options leave one of them out. */
export const grantedCapabilities = (
  capabilities: TransportCapabilities,
  { confirms, publisherName }: Pick<TransportOptions, "confirms" | "publisherName">,
): TransportCapabilities => ({
  ...capabilities,
  confirms: capabilities.confirms && confirms,
  deduplication: capabilities.deduplication && publisherName !== false,
});
