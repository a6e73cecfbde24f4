import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Endpoint } from "@streamll/core";
import { parse } from "./endpoint.js";
export interface Live {
  endpoint: Endpoint;
  tls: Endpoint;
  ca: string;
  ctl(...args: string[]): Promise<string>;
}
export const generations = ["3.10"] as const;
export async function live(_generation: string): Promise<Live> {
  return {
    endpoint: parse("amqp://guest:guest@127.0.0.1:35672/"),
    tls: parse("amqps://guest:guest@localhost:35671/"),
    ca: readFileSync("/tmp/rmq91/tls/ca.pem", "utf8"),
    ctl: async (...args) =>
      execFileSync(
        "bash",
        ["-c", '. /tmp/rmq91/env.sh; /usr/lib/rabbitmq/bin/rabbitmqctl -q "$@"', "ctl", ...args],
        { encoding: "utf8" },
      ),
  };
}
