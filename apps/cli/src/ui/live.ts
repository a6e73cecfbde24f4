import type { ServerResponse } from "node:http";

/** Each way between the page and its figures. */
const TICK_MS = 200;
/** A proxy, or a browser that sleeps, is noticed by it. */
const BEAT_TICKS = 50;

/** Called at each tick: what is new since the last call, or nothing. */
export type Follow = () => unknown;

/** Sends what is new as server-sent events. A page that reads slowly gets fewer and larger messages, and no queue grows. */
export function stream(
  response: ServerResponse,
  follow: Follow,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
  response.flushHeaders();
  let ticks = 0;
  const send = () => {
    if (response.writableNeedDrain) return;
    const news = follow();
    if (news !== undefined) response.write(`data: ${JSON.stringify(news)}\n\n`);
    else if (ticks++ % BEAT_TICKS === 0) response.write(": \n\n");
  };
  send();
  const timer = setInterval(send, TICK_MS);
  response.on("close", () => clearInterval(timer));
}
