import type { TransportDescription } from "@streamll/core";

/** All schemes of a transport, encrypted or not. */
export const schemesOf = ({
  schemes,
  tlsSchemes = [],
}: Pick<TransportDescription, "schemes" | "tlsSchemes">): string[] => [
  ...new Set([...schemes, ...tlsSchemes]),
];
