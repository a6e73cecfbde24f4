import type { TransportFactory } from "@streamll/core";

/** All schemes that a factory serves, encrypted or not. */
export const schemesOf = ({
  schemes,
  tlsSchemes = [],
}: Pick<TransportFactory, "schemes" | "tlsSchemes">): string[] => [...new Set([...schemes, ...tlsSchemes])];
