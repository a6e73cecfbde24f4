import type { Transport } from "@streamll/core";

/**
 * A transport whose publisher's name lies in a folder of the spool, so that a stream knows by it what an earlier program
 * has sent.
 *
 * @param nameOf gives the name, or `undefined` where there is no folder.
 */
export function spooledTransport(
  transport: Transport,
  nameOf: () => Promise<string | undefined>,
  named: (publisherName: string) => Transport,
): Transport {
  const { name, capabilities, partitions } = transport;
  let made: Transport | undefined;
  return {
    name,
    capabilities,
    partitions,
    async connect(endpoint, lane, signal) {
      const publisherName = await nameOf();
      made ??= publisherName === undefined ? transport : named(publisherName);
      return made.connect(endpoint, lane, signal);
    },
  };
}
