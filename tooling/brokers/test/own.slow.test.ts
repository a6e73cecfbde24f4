import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { brokersForTests, certificates, openConnection, startBroker } from "../src/index.js";

const { owned, generation } = brokersForTests().at(-1)!;

describe("a broker of one's own", { skip: !owned }, () => {
  it("has the settings, plugins and certificates that it was given", async () => {
    const broker = await startBroker({
      generation,
      config: { channel_max: 7 },
      plugins: ["rabbitmq_auth_backend_oauth2"],
      files: await certificates({ notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-01") }),
    });
    try {
      expect(broker.generation).toBe(generation);
      const connection = await openConnection(broker.url);
      expect(connection.connection).toMatchObject({ channelMax: 7 });
      await connection.close();
      expect(await broker.ctl("eval", "rabbit_plugins:active().")).toContain("rabbitmq_auth_backend_oauth2");
      await expect(openConnection(broker.tlsUrl, { ca: [broker.ca] })).rejects.toThrow(
        "certificate has expired",
      );
      expect(existsSync(broker.folder)).toBe(true);
    } finally {
      await broker.close();
    }
    expect(existsSync(broker.folder)).toBe(false);
  });

  it("is refused where there is none of its generation", async () => {
    await expect(startBroker({ generation: "2" })).rejects.toThrow(
      /^no RabbitMQ 2 here: \w+ has 3\.10\.\d+ and 4\./,
    );
  });
});
