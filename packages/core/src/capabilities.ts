import type { TransportCapabilities, TransportOptions } from "./transport.js";

/** The capabilities that remain with these options. */
export const grantedCapabilities = (
  capabilities: TransportCapabilities,
  { confirms, publisherName }: Pick<TransportOptions, "confirms" | "publisherName">,
): TransportCapabilities => ({
  ...capabilities,
  confirms: capabilities.confirms && confirms,
  deduplication: capabilities.deduplication && publisherName !== false,
});
