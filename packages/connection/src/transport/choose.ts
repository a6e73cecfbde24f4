import type {
  ConsumingCapabilities,
  Endpoint,
  Transport,
  TransportCapabilities,
  TransportDescription,
  TransportFactory,
} from "@streamll/core";
import { isConnectionString } from "../endpoint/connection-string.js";
import { isAmqp } from "../endpoint/parse-endpoint.js";
import type { ConnectionValues } from "../options/connection-table.js";
import { azureServiceBus } from "../provider/azure-service-bus.js";
import {
  amqp10,
  type BuiltInTransport,
  builtInOf,
  builtInTransports,
  pubsub,
  serviceBus,
  streams,
} from "./registry.js";
import { schemesOf } from "./schemes.js";

/** What speaks to the broker. */
export type Choice =
  | { readonly kind: "given"; readonly transport: Transport }
  | { readonly kind: "factory"; readonly factory: TransportFactory }
  | { readonly kind: "builtIn"; readonly builtIn: BuiltInTransport };

/** What a transport is chosen by. */
export interface Selection {
  readonly values: ConnectionValues;
  readonly endpoint: Endpoint | undefined;
  /** Names of the options that the user set to more than `false`, beside those that every transport shares. */
  readonly asked: readonly string[];
  /** Whether the user set an option that only a broker which deduplicates has. */
  readonly needsDeduplication: boolean;
}

/** `undefined` where the scheme is unsupported. */
export function chooseTransport(selection: Selection): Choice | undefined {
  const { values, endpoint, asked } = selection;
  const { transport: given, transports = [] } = values;
  if (given !== undefined)
    return "create" in given ? { kind: "factory", factory: given } : { kind: "given", transport: given };
  const builtIn = (one: BuiltInTransport): Choice => {
    const factory = transports.find((factory) => standsFor(factory, one));
    return factory === undefined ? { kind: "builtIn", builtIn: one } : { kind: "factory", factory };
  };
  const ofServiceBus = asked.some((option) => hasOption(serviceBus, option));
  const host = endpoint?.host.toLowerCase() ?? "";
  if (values.useStreams) return builtIn(streams);
  if (values.amqpUrl.some((url) => isConnectionString(url) || /^\s*sb:/i.test(url)))
    return builtIn(serviceBus);
  if (azureServiceBus.hosts.test(host)) return builtIn(serviceBus);
  if (values.amqpVersion === "1.0" && (endpoint === undefined || isAmqp(endpoint.scheme)))
    return builtIn(ofServiceBus ? serviceBus : amqp10);
  if (host.endsWith("pubsub-amqp.googleapis.com")) return builtIn(pubsub);
  if (endpoint === undefined) return undefined;

  const factory = transports.find((one) => schemesOf(one).includes(endpoint.scheme));
  if (factory !== undefined) return { kind: "factory", factory };
  const ofScheme = builtInOf(endpoint.scheme);
  if (ofScheme === undefined) return undefined;
  const wanted = wantedBy(selection, ofScheme);
  return wanted ?? { kind: "builtIn", builtIn: ofScheme };
}

/** An option that only one transport has asks for that transport. */
function wantedBy({ asked, needsDeduplication }: Selection, ofScheme: BuiltInTransport): Choice | undefined {
  for (const option of asked) {
    if (hasOption(ofScheme, option)) return undefined;
    const builtIn = builtInTransports.find((one) => hasOption(one, option));
    if (builtIn !== undefined) return { kind: "builtIn", builtIn };
  }
  if (!needsDeduplication || ofScheme.capabilities.deduplication) return undefined;
  const builtIn = builtInTransports.find(({ capabilities }) => capabilities.deduplication);
  return builtIn && { kind: "builtIn", builtIn };
}

const hasOption = ({ options = {} }: TransportDescription, option: string): boolean =>
  Object.hasOwn(options, option);

/** The package's own factory, named for a bundler, or one for the same URLs. */
const standsFor = (factory: TransportFactory, { name, schemes }: BuiltInTransport): boolean =>
  factory.name === name || schemesOf(factory).some((scheme) => schemes.includes(scheme));

/** `undefined` of a transport that the user made. */
export function descriptionOf(choice: Choice | undefined): TransportDescription | undefined {
  if (choice?.kind === "builtIn") return choice.builtIn;
  return choice?.kind === "factory" ? choice.factory : undefined;
}

/** `undefined` where they are not known before the transport is made. */
export const capabilitiesOf = (choice: Choice): TransportCapabilities | undefined =>
  choice.kind === "given" ? choice.transport.capabilities : descriptionOf(choice)?.capabilities;

/** `undefined` where nothing can be consumed through it. */
export const consumingOf = (choice: Choice): ConsumingCapabilities | undefined =>
  choice.kind === "given" ? choice.transport.consuming : descriptionOf(choice)?.consuming;

export function nameOf(choice: Choice): string {
  if (choice.kind === "given") return choice.transport.name;
  const description = choice.kind === "builtIn" ? choice.builtIn : choice.factory;
  return description.name ?? (schemesOf(description).join(", ") || "of the option transport");
}

/** All schemes that a URL may have. */
export const supportedSchemes = ({ transports = [] }: ConnectionValues): string[] => [
  ...new Set([...transports, ...builtInTransports].flatMap(schemesOf)),
];
