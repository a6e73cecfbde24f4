import { connect } from "amqplib";

/** The version of the broker at a URL, as it says itself when it takes a connection. */
export async function versionAt(url: string): Promise<string> {
  const connection = await connect(url, { timeout: 5000 });
  connection.on("error", () => {});
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return version;
}
