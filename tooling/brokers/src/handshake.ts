import { openConnection } from "./open-channel.js";

/** The version of the broker at a URL, as it says itself when it takes a connection. */
export async function versionAt(url: string): Promise<string> {
  const connection = await openConnection(url, { timeout: 5000 });
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return version;
}
