import rhea, { type Connection, type Container } from "rhea";
import type { AccessKey } from "./tokens.js";

/** What the service offers, in its order; none of rhea's own acceptance and credit. */
export function serviceContainer(keys: ReadonlyMap<string, AccessKey>): Container {
  const container = rhea.create_container({
    id: "fake-service-bus",
    max_frame_size: 65_536,
    channel_max: 4999,
    idle_time_out: 240_000,
    autoaccept: false,
    credit_window: 0,
    treat_modified_as_released: false,
  });
  const mechanisms = container.sasl_server_mechanisms;
  mechanisms.enable_anonymous();
  const anonymous = mechanisms.ANONYMOUS;
  delete mechanisms.ANONYMOUS;
  Object.assign(mechanisms, { MSSBCBS: anonymous, PLAIN: () => plain(keys), ANONYMOUS: anonymous });
  return container;
}

interface Plain {
  outcome: boolean | undefined;
  key: AccessKey | undefined;
  start(response: Buffer): void;
}

/** The name of a key, and the key. */
const plain = (keys: ReadonlyMap<string, AccessKey>): Plain => ({
  outcome: undefined,
  key: undefined,
  start(response) {
    const [, name = "", secret] = response.toString().split("\0");
    this.key = keys.get(name);
    this.outcome = this.key !== undefined && this.key.key === secret;
  },
});

/** That of SASL PLAIN, where it was used: its connection needs no token. */
export const keyOf = (connection: Connection): AccessKey | undefined =>
  (connection as { sasl_transport?: { selected?: { mechanism?: Partial<Plain> } } }).sasl_transport?.selected
    ?.mechanism?.key;
