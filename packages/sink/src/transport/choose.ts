import type { Endpoint, Transport, TransportCapabilities, TransportFactory } from "@streamll/core";
import { isConnectionString } from "../endpoint/connection-string.js";
import { type OptionName, optionNames, type ResolvedOptions, rowOf } from "../options/table.js";
import { azureServiceBus } from "../provider/azure-service-bus.js";
import { amqp10, type KnownTransport, knownTransports, pubsub, serviceBus, streams } from "./known.js";
import { schemesOf } from "./schemes.js";

/** What carries the events. */
export type Choice =
  | { readonly kind: "given"; readonly transport: Transport }
  | { readonly kind: "factory"; readonly factory: TransportFactory }
  | {
      readonly kind: "known";
      readonly known: KnownTransport /** What asks for it. */;
      readonly reason: string;
    };

/** `undefined` where nobody knows the scheme. */
export function chooseTransport(
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoint: Endpoint | undefined,
): Choice | undefined {
  const { transport: given } = values;
  if (given !== undefined) {
    return "create" in given ? { kind: "factory", factory: given } : { kind: "given", transport: given };
  }
  const known = (transport: KnownTransport, reason: string): Choice => ({
    kind: "known",
    known: transport,
    reason,
  });
  if (values.useStreams) {
    const factory = values.transports?.find(isOfStreams);
    return factory === undefined ? known(streams, "useStreams") : { kind: "factory", factory };
  }
  if (values.amqpUrl.some((url) => isConnectionString(url) || /^\s*sb:/i.test(url)))
    return known(serviceBus, "an address of Azure Service Bus");
  const host = endpoint?.host.toLowerCase() ?? "";
  if (azureServiceBus.hosts.test(host)) return known(serviceBus, "Azure Service Bus");
  const ofServiceBus = optionsOf(serviceBus).find((option) => isSet(option) && values[option] !== false);
  if (values.amqpVersion === "1.0")
    return ofServiceBus ? known(serviceBus, ofServiceBus) : known(amqp10, 'amqpVersion "1.0"');
  if (host.endsWith("pubsub-amqp.googleapis.com")) return known(pubsub, "Google Cloud Pub/Sub");
  if (endpoint === undefined) return undefined;

  const factory = values.transports?.find((one) => schemesOf(one).includes(endpoint.scheme));
  if (factory !== undefined) return { kind: "factory", factory };
  const ours = knownTransports.find(({ schemes }) => schemes.includes(endpoint.scheme));
  if (ours === undefined) return undefined;
  // An option that only one transport has asks for that transport.
  const asking = optionNames.find(
    (option) => isSet(option) && values[option] !== false && rowOf(option).package,
  );
  const wanted = asking && knownTransports.find(({ packageName }) => packageName === rowOf(asking).package);
  return wanted === undefined ? known(ours, `${endpoint.scheme}:`) : known(wanted, asking!);
}

const optionsOf = ({ packageName }: KnownTransport) =>
  optionNames.filter((option) => rowOf(option).package === packageName);

const isOfStreams = (factory: TransportFactory) => schemesOf(factory).includes("rabbitmq-stream");

/** Whether events go to a RabbitMQ stream. */
export const speaksStreams = (choice: Choice): boolean =>
  (choice.kind === "known" && choice.known === streams) ||
  (choice.kind === "factory" && isOfStreams(choice.factory));

export const speaksServiceBus = (choice: Choice): boolean =>
  choice.kind === "known" && choice.known === serviceBus;

/** `undefined` where they are not known before the transport is made. */
export function capabilitiesOf(choice: Choice): TransportCapabilities | undefined {
  if (choice.kind === "given") return choice.transport.capabilities;
  return choice.kind === "known" ? choice.known.capabilities : undefined;
}

export function nameOf(choice: Choice): string {
  if (choice.kind === "given") return choice.transport.name;
  return choice.kind === "known"
    ? choice.known.name
    : schemesOf(choice.factory).join(", ") || "of the option transport";
}

/** All schemes that a URL may have. */
export function knownSchemes(values: ResolvedOptions): string[] {
  return [...(values.transports ?? []), ...knownTransports].flatMap(schemesOf);
}
