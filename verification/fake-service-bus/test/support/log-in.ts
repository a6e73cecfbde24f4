import rhea from "rhea";
import type { FakeServiceBus } from "../../src/index.js";

/** A connection of rhea that may do all, by SASL PLAIN. */
export function logIn({ port }: FakeServiceBus): rhea.Connection {
  const login = { username: "RootManageSharedAccessKey", password: "c2VjcmV0+k/y=" };
  const connection = rhea.create_container().connect({ port, reconnect: false, ...login });
  for (const end of ["disconnected", "connection_close", "sender_close"]) connection.on(end, () => {});
  return connection;
}
