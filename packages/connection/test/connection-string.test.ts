import { describe, expect, it } from "vitest";
import { parseConnectionString } from "../src/endpoint/connection-string.js";

const host = "ns.servicebus.windows.net";
const amqpUrl = `Endpoint=sb://${host}/;SharedAccessKeyName=Send;SharedAccessKey=a+b/c=`;

describe("a connection string is read", () => {
  it.each([
    ["as the portal gives it", amqpUrl, { scheme: "amqps", username: "Send", password: "a+b/c=", path: "" }],
    ["of a queue or topic", `${amqpUrl};EntityPath=orders/eu`, { path: "orders/eu" }],
    [
      "with a ready signature",
      `Endpoint=sb://${host};SharedAccessSignature=SharedAccessSignature sr=x&sig=y%3D&se=1&skn=Send`,
      { password: "SharedAccessSignature sr=x&sig=y%3D&se=1&skn=Send" },
    ],
    [
      "of the emulator, which speaks plain AMQP",
      "Endpoint=sb://localhost:5673;SharedAccessKeyName=Root;SharedAccessKey=k=;UseDevelopmentEmulator=true;",
      { scheme: "amqp", port: 5673 },
    ],
    [
      "with its parts in another order",
      `EntityPath=q;SharedAccessKey=a+b/c=;TransportType=AmqpTcp;SharedAccessKeyName=Send;Endpoint=sb://${host}/`,
      { host, username: "Send", password: "a+b/c=", path: "q" },
    ],
    ["of an identity", `endpoint = sb://${host} ; EntityPath = q ;`, { host, path: "q" }],
  ])("%s", (_, text, endpoint) => expect(parseConnectionString(text)).toMatchObject(endpoint));
});
