import type { Live } from "./live.js";

interface Rights {
  readonly password?: string;
  /** Made for the user where it is not the default one. */
  readonly vhost?: string;
  readonly configure?: string;
  readonly write?: string;
  readonly read?: string;
}

const at = encodeURIComponent;

/** A user of the broker with the password "pw", who may do everything but what is said. */
export async function addUser({ manage }: Live, name: string, own: Rights = {}): Promise<void> {
  const { password = "pw", vhost = "/", ...rights } = own;
  await manage("PUT", `users/${at(name)}`, { password, tags: "" });
  if (vhost !== "/") await manage("PUT", `vhosts/${at(vhost)}`);
  const all = { configure: ".*", write: ".*", read: ".*" };
  await manage("PUT", `permissions/${at(vhost)}/${at(name)}`, { ...all, ...rights });
}

export async function removeUser({ manage }: Live, name: string, { vhost }: Rights = {}): Promise<void> {
  if (vhost) await manage("DELETE", `vhosts/${at(vhost)}`);
  await manage("DELETE", `users/${at(name)}`);
}
