import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Broker } from "@streamll/brokers";
import { connect } from "amqplib";
import { eventText } from "./events.js";
import type { Held } from "./held.js";
import { watchPage } from "./page.js";

const SAMPLES = 20;
const EXCHANGE = "endurance-ui";

export interface UiRun {
  readonly samples: readonly Held[];
  readonly seconds: number;
}

/** Events as NDJSON, as fast as the command takes them, while a page is open. */
export async function uiOfLines(events: number, progress: (held: Held) => void): Promise<UiRun> {
  const startedAt = performance.now();
  const { program, samples, address } = start(["-", "", `${events}`, `${events / SAMPLES}`], progress);
  const page = await watchPage(await address);
  await page.until(events);
  while (samples.length < SAMPLES) await once(program, "message");
  const seconds = (performance.now() - startedAt) / 1000;
  await end(program);
  return { samples, seconds };
}

/** Events through a broker, while a page is open. */
export async function uiOfBroker(
  { url }: Broker,
  events: number,
  progress: (held: Held) => void,
): Promise<UiRun> {
  const model = await connect(url);
  const channel = await model.createConfirmChannel();
  await channel.assertExchange(EXCHANGE, "topic");
  const startedAt = performance.now();
  const { program, samples, address } = start([url, EXCHANGE], progress);
  const page = await watchPage(await address);
  for (let sample = 1, n = 0; sample <= SAMPLES; sample++) {
    for (const until = Math.floor((events * sample) / SAMPLES); n < until; n++) {
      channel.publish(EXCHANGE, "streamll.x.y", Buffer.from(eventText(n)));
      // Its queue holds at most 100,000.
      if (n % 1000 === 999) await channel.waitForConfirms();
    }
    await channel.waitForConfirms();
    await page.until(n);
    program.send({ done: n });
    while (samples.length < sample) await once(program, "message");
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await end(program);
  await model.close();
  return { samples, seconds };
}

function start(args: readonly string[], progress: (held: Held) => void) {
  // From source, since the command reads its page from files that lie beside it.
  const program = fork(fileURLToPath(new URL("program.ts", import.meta.url)), args, {
    execArgv: [...process.execArgv, "--unhandled-rejections=strict", "--expose-gc"],
  });
  const samples: Held[] = [];
  const address = new Promise<string>((resolve, reject) => {
    program.on("message", (said: Held | { readonly address: string }) => {
      if ("address" in said) return resolve(said.address);
      samples.push(said);
      progress(said);
    });
    program.once("close", (code) => reject(new Error(`the program ended with ${code}`)));
  });
  return { program, samples, address };
}

async function end(program: ChildProcess): Promise<void> {
  const ended = once(program, "close") as Promise<[number | null]>;
  program.send("end");
  const [code] = await ended;
  if (code !== 0) throw new Error(`the program ended with ${code}`);
}
