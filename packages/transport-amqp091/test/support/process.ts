// A program of its own, run by lifecycle.slow.test.ts: how a connection treats the process that it lives in.
import type { Endpoint } from "@streamll/core";
import { amqp091Transport } from "../../src/index.js";
import { defaults, message, options, outcomes } from "./message.js";

const [scenario, json] = process.argv.slice(2);
const endpoint = JSON.parse(json!) as Endpoint;
const never = new AbortController().signal;

async function idle(own = {}): Promise<void> {
  const transport = amqp091Transport.create(options({ ...own, heartbeatMs: 1000 }));
  await transport.connect(endpoint, { index: 0 }, never);
  console.log("connected");
}

async function ends(): Promise<void> {
  const hold = setInterval(() => {}, 1000);
  const open = () =>
    amqp091Transport.create(options({ message: defaults() })).connect(endpoint, { index: 0 }, never);
  const [missing, throwing, closed, aborted] = await Promise.all([open(), open(), open(), open()]);
  missing?.publish([message({ exchange: "no-such-exchange" })], outcomes(1).settle);
  throwing?.publish([message()], () => {
    throw new Error("from a listener");
  });
  await closed?.close(AbortSignal.timeout(5000));
  await aborted?.close(AbortSignal.abort());
  const all = await Promise.all([missing, throwing, closed, aborted].map((connection) => connection?.closed));
  console.log(all.map((error) => String(error?.kind)).join(" "));
  clearInterval(hold);
}

// Without a hold of its own the process ends as soon as nothing else keeps it: that is what is tried.
const scenarios: Record<string, () => Promise<void>> = {
  idle: () => idle(),
  "idle-tls": () => idle({ tls: { rejectUnauthorized: false } }),
  ends,
};
const hold = setInterval(() => {}, 1000);
scenarios[scenario!]!().finally(() => clearInterval(hold));
