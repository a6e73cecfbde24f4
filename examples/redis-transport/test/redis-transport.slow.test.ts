import { cannot, proxyTo, testTransport } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { redisTransport } from "../src/redis-transport.js";
import { connectReader, readerOf } from "./support/reader.js";
import { startRedis } from "./support/redis-server.js";

const redis = await startRedis();
const client = await connectReader(redis);
afterAll(async () => {
  client.destroy();
  await redis.close();
});

const userinfo = `:${encodeURIComponent(redis.password)}`;
const overTcp = await proxyTo(`redis-streams://${userinfo}@127.0.0.1:${redis.port}/`);
const overTls = await proxyTo(`rediss-streams://${userinfo}@127.0.0.1:${redis.tlsPort}/`);

for (const [name, proxy, encryption] of [
  ["redis over TCP", overTcp, {}],
  ["redis over TLS", overTls, { tls: { ca: redis.ca } }],
] as const) {
  const stream = `events ${name}`;
  testTransport({
    name,
    create: (options, endpoints) =>
      redisTransport.create(
        {
          ...options,
          ...encryption,
          message: { ...options.message, exchange: stream },
          own: { maxLength: undefined },
        },
        endpoints,
      ),
    endpoint: proxy.endpoint,
    unreachable: "redis-streams://127.0.0.1:1/",
    read: readerOf(client, stream),
    faults: {
      ...proxy.faults,
      // Redis refuses no message for its own sake: the transport does, for what is not its stream.
      refuse: (message) => message.detach({ exchange: "another stream" }),
      block: cannot("Redis does not say that it takes nothing: it refuses, as when it is full"),
      throttle: async () => {
        await client.configSet("maxmemory", "1");
        return () => client.configSet("maxmemory", "0");
      },
    },
    alone: {
      module: new URL("../src/redis-transport.ts", import.meta.url),
      factory: "redisTransport",
      execArgv: ["--import", "tsx"],
      options: { ...encryption },
    },
  });
}
