import { ConfigurationError } from "@streamll/core";
import { type DurationText, duration, isRefusal } from "@streamll/core/options";

/** A sink, or what `configure` returned. */
export interface Flushable {
  flush(): Promise<unknown>;
}

export interface FlushAfterOptions {
  readonly sink: Flushable;
  /** The longest that a call waits for its events: seconds, or a duration such as `"500ms"`. Default 2 seconds. */
  readonly timeout?: number | DurationText | undefined;
}

/** Left of the time that AWS Lambda grants a call: for the answer itself, in milliseconds. */
const RESERVE_MS = 500;

const timeoutKind = duration("s", { min: 0, max: 900 });

/**
 * Wraps an async handler of AWS Lambda, or of any platform that freezes a program between two calls: each call ends only
 * when its events are delivered. Without it they arrive with the next call, or never.
 *
 * A call waits for `timeout` at most, and on Lambda until 500 ms before its time is up (`getRemainingTimeInMillis`). What
 * is not delivered by then stays in the sink's buffer for the next call. The handler's result or error is passed on.
 *
 * @throws ConfigurationError where the handler is no function, or an option is wrong.
 * @example
 * const sink = new RabbitMQSink({ amqpUrl: process.env.AMQP_URL, connectionPoolSize: 1 });
 * configure({ sinks: [sink] });
 * export const handler = flushAfter(async (event) => answer(event.question), { sink });
 */
export function flushAfter<Args extends unknown[], Result>(
  handler: (...args: Args) => Promise<Result> | Result,
  options: FlushAfterOptions,
): (...args: Args) => Promise<Result> {
  const { sink, timeoutMs } = resolved(handler, options);
  return async (...args) => {
    try {
      return await handler(...args);
    } finally {
      await flushed(sink, Math.min(timeoutMs, remainingMs(args)));
    }
  };
}

function resolved(handler: unknown, { sink, timeout = 2 }: FlushAfterOptions) {
  const problems = [];
  if (typeof handler !== "function")
    problems.push({ option: "handler", message: "must be a function: write flushAfter(handler, { sink })" });
  if (typeof sink?.flush !== "function")
    problems.push({ option: "sink", message: "must be a sink, or what configure() returned" });
  const timeoutMs = timeoutKind.read(timeout);
  if (isRefusal(timeoutMs)) problems.push({ option: "timeout", message: `must be ${timeoutKind.allowed}` });
  if (problems.length > 0 || isRefusal(timeoutMs)) throw new ConfigurationError(problems);
  return { sink, timeoutMs };
}

/** What AWS Lambda grants the call, by the context among its arguments; infinite on other platforms. */
function remainingMs(args: readonly unknown[]): number {
  for (const arg of args) {
    const { getRemainingTimeInMillis: ask } = (arg ?? {}) as { getRemainingTimeInMillis?: () => number };
    if (typeof ask !== "function") continue;
    try {
      return Math.max(0, ask.call(arg) - RESERVE_MS);
    } catch {
      // Not Lambda's own context: `timeout` alone bounds the wait.
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** Waits for the flush, or for so long. A flush that fails is the sink's to report, and no fault of the call. */
function flushed(sink: Flushable, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    try {
      sink.flush().then(done, done);
    } catch {
      done();
    }
  });
}
