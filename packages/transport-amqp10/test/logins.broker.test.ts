import {
  type Certificates,
  certificates,
  connectionsOf,
  type OwnBroker,
  startBroker,
} from "@streamll/brokers";
import type { Endpoint } from "@streamll/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { open, publish } from "./support/connect.js";
import { messages } from "./support/options.js";
import { brokersOf4, endpointOf, scratch } from "./support/rabbitmq.js";

describe.each(brokersOf4)(
  "logging in to RabbitMQ $generation",
  { skip: !brokersOf4.every(({ owned }) => owned) },
  ({ generation }) => {
    let broker: OwnBroker;
    let authority: Certificates;

    beforeAll(async () => {
      authority = await certificates();
      const config = {
        ssl_cert_login_from: "common_name",
        "auth_mechanisms.4": "ANONYMOUS",
        anonymous_login_user: "nobody",
        anonymous_login_pass: "pw",
      };
      broker = await startBroker({ generation, config, files: authority });
      for (const user of ["anna", "nobody"]) {
        await broker.manage("PUT", `users/${user}`, { password: "pw", tags: "" });
        await broker.manage("PUT", `permissions/%2F/${user}`, { configure: ".*", write: ".*", read: ".*" });
      }
    }, 120_000);
    afterAll(() => broker?.close());

    const withoutPassword = ({ password: _, ...endpoint }: Endpoint): Endpoint => endpoint;
    const isListed = (user: string, mechanism: string) =>
      vi.waitUntil(
        async () =>
          (await connectionsOf(broker)).some((one) => one.user === user && one.auth_mechanism === mechanism),
        { timeout: 30_000, interval: 50 },
      );

    it("takes the user from the certificate where neither user nor password is given", async () => {
      const { username: _, ...bare } = withoutPassword(endpointOf(broker.tlsUrl));
      const { "cert.pem": cert, "key.pem": key } = await certificates({
        commonName: "anna",
        like: authority,
      });
      await using bench = await scratch(broker);
      await using lane = await open(bare, { ...bench.own, tls: { ca: authority["ca.pem"], cert, key } });
      expect(await publish(lane.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
      await isListed("anna", "EXTERNAL");
    });

    it("is nobody in particular by a user name without a password", async () => {
      await using bench = await scratch(broker);
      await using lane = await open(withoutPassword(endpointOf(broker.url)), bench.own);
      expect(await publish(lane.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
      await isListed("nobody", "ANONYMOUS");
    });
  },
);
