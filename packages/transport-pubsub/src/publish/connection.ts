import type {
  Flow,
  PublishOutcome,
  TransportConnection,
  TransportError,
  TransportOptions,
} from "@streamll/core";
import { connectionLife } from "@streamll/transport-kit";
import { accuses, failure, maybeDone } from "../failure.js";
import { RefusedRequest } from "../http/api.js";
import type { Line } from "../line.js";
import { pathOf, topicName } from "../names.js";
import { idsIn } from "./answer.js";
import { type Chunk, chunksOf } from "./chunks.js";
import { encoder, LARGEST_REQUEST, requestOf } from "./encode.js";
import { type Request, RequestQueue } from "./queue.js";

/** Requests of different ordering keys that one lane has under way; without keys there is one at a time. */
const MOST_UNDER_WAY = 8;

/** As Google's clients have it: the service may take so long. */
const PUBLISH_TIMEOUT_MS = 60_000;

/** Why a request to another topic than that of all events, for dead letters, is refused by itself. */
const ofTopic: ReadonlySet<string> = new Set(["NOT_FOUND", "PERMISSION_DENIED"]);

/**
 * Publishes on an open line. A request that fails, and may have been carried out, ends the connection once the others
 * are answered: what is unsettled then goes again, in its order, on a new one.
 */
export function laneConnection(
  line: Line,
  { confirms, message: defaults }: Pick<TransportOptions, "confirms" | "message">,
  failed: (error: TransportError) => void,
): TransportConnection {
  const { label, project } = line;
  const pathTo = (topic = defaults.exchange) => `${pathOf(topicName(project, topic))}:publish`;
  const encode = encoder(defaults);
  const queue = new RequestQueue(MOST_UNDER_WAY);
  const sent: PublishOutcome = { kind: confirms ? "confirmed" : "written" };
  let listener: ((flow: Flow) => void) | undefined;
  let pause: NodeJS.Timeout | undefined;
  let blocked: string | undefined;
  let full = false;
  let ending: TransportError | undefined;
  let idle: (() => void) | undefined;
  const life = connectionLife({
    gone: line.gone,
    goodbye: () =>
      new Promise<void>((resolve) => {
        idle = resolve;
        checkIdle();
      }),
    destroy: () => line.end(),
  });
  void life.closed.then(() => clearTimeout(pause));
  line.onBroken(finish);

  function pump(): void {
    if (ending !== undefined) {
      if (queue.underWay === 0) line.end(ending);
      return;
    }
    for (let request = queue.next(); request !== undefined; request = queue.next()) void send(request);
    checkFlow();
    checkIdle();
  }

  async function send(request: Request): Promise<void> {
    try {
      const body = requestOf(request.chunks.map(({ bytes }) => bytes));
      const answer = await line.api.fetch({
        method: "POST",
        path: pathTo(request.topic),
        body,
        timeoutMs: PUBLISH_TIMEOUT_MS,
      });
      // Success with fewer ids than messages would be a loss that nobody notices.
      if (idsIn(answer) !== request.messages)
        throw new SyntaxError(`a request of ${request.messages} messages was answered without their ids`);
      settle(request.chunks, sent);
    } catch (error) {
      refuse(request, error);
    } finally {
      queue.answered(request);
      pump();
    }
  }

  function settle(chunks: readonly Chunk[], outcome: PublishOutcome): void {
    if (line.isEnded()) return;
    for (const chunk of chunks) chunk.settle(outcome);
  }

  /** What waits behind a request that was refused goes back with it: so it keeps its place. */
  function refuse({ chunks, messages, topic }: Request, cause: unknown): void {
    const error = failure(cause, label);
    if (!(cause instanceof RefusedRequest) || maybeDone(cause)) return finish(error);
    if (error.kind === "throttled") {
      settle([...chunks, ...queue.clear()], { kind: "refused", error });
      if (cause.retryAfterMs !== undefined) block(error.message, cause.retryAfterMs);
      return;
    }
    const isOfTopic = topic !== undefined && ofTopic.has(cause.reason);
    if (!accuses(cause) && !isOfTopic) return finish(error);
    if (messages === 1) return settle(chunks, { kind: "refused", error });
    settle([...chunks, ...queue.clear()], { kind: "refused", error, shared: messages });
  }

  function finish(error: TransportError): void {
    if (ending !== undefined) return;
    ending = error;
    failed(error);
    pump();
  }

  /** The service said for how long it wants nothing. */
  function block(reason: string, ms: number): void {
    blocked = reason;
    clearTimeout(pause);
    pause = setTimeout(() => {
      blocked = undefined;
      tellFlow();
    }, ms).unref();
    tellFlow();
  }

  function checkFlow(): void {
    const wasFull = full;
    full = queue.bytes > LARGEST_REQUEST;
    if (full !== wasFull) tellFlow();
  }

  function tellFlow(): void {
    const credit = full || blocked !== undefined ? 0 : Number.POSITIVE_INFINITY;
    if (!line.isEnded()) listener?.({ credit, blocked });
  }

  function checkIdle(): void {
    if (queue.isEmpty) idle?.();
  }

  return {
    closed: life.closed,
    close: life.close,
    drainedBytes: line.drainedBytes,
    publish(batch, settleBatch) {
      if (ending !== undefined || line.isEnded() || life.isClosing()) return;
      for (const chunk of chunksOf(batch, settleBatch, encode, label)) queue.add(chunk);
      pump();
    },
    onFlow(tell) {
      listener = tell;
      tellFlow();
    },
  };
}
