import {
  type Flow,
  type OutboundMessage,
  type PublishOutcome,
  type Settle,
  type TransportConnection,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { heartbeatOf } from "./heartbeat.js";
import { outcomes } from "./outcomes.js";
import type { Peer } from "./peer.js";

/** An open connection: batches wait in its inbox until the broker reads them, a turn of the event loop later. */
export function memoryConnection(peer: Peer, options: TransportOptions): TransportConnection {
  const { condition, label } = peer;
  const outcomeOf = outcomes(peer, options);
  const inbox: { readonly batch: readonly OutboundMessage[]; readonly settle: Settle }[] = [];
  let listener: ((flow: Flow) => void) | undefined;
  let reading = false;
  let unanswered = 0;
  /** Answers whose time has come: a silent broker keeps them. */
  const due: (() => void)[] = [];
  let readBytes = 0;
  let ended = false;
  let closing: (() => void) | undefined;
  let resolveClosed!: (error: TransportError | undefined) => void;
  const closed = new Promise<TransportError | undefined>((resolve) => {
    resolveClosed = resolve;
  });

  const heartbeat = heartbeatOf(condition, options, end);
  const client = {
    changed() {
      tellFlow();
      heartbeat.listen();
      answerDue();
      readSoon();
    },
    drop: (error: TransportError) => end(error),
  };
  condition.clients.add(client);

  function end(error?: TransportError): void {
    ended = true;
    inbox.length = 0;
    heartbeat.stop();
    condition.clients.delete(client);
    resolveClosed(error && new TransportError(error.kind, `${label}: ${error.message}`));
  }

  function tellFlow(): void {
    const { blocked } = condition;
    listener?.(blocked === undefined ? { credit: Number.POSITIVE_INFINITY } : { credit: 0, blocked });
  }

  const isReading = () => !ended && !condition.silent && condition.blocked === undefined;

  function readSoon(): void {
    if (reading || inbox.length === 0 || !isReading()) return;
    reading = true;
    setImmediate(() => {
      reading = false;
      // No more than was there: an engine that refills as it hears its outcomes must not keep the event loop.
      for (let left = inbox.length; left > 0 && isReading(); left--) read(inbox.shift()!);
      readSoon();
      sayGoodbye();
    });
  }

  function read({ batch, settle }: (typeof inbox)[number]): void {
    const answers: Parameters<Settle>[] = [];
    let broken: unknown;
    for (const [index, message] of batch.entries()) {
      let outcome: PublishOutcome;
      try {
        outcome = outcomeOf(message);
      } catch (error) {
        broken = error;
        break;
      }
      readBytes += message.body().length;
      const last = answers.at(-1);
      if (last?.[2] === outcome) last[1] = index + 1;
      else answers.push([index, index + 1, outcome]);
    }
    answer(() => {
      for (const range of answers) if (!ended) settle(...range);
    });
    if (broken instanceof TransportError) end(broken);
    else if (broken !== undefined) throw broken;
  }

  function answer(tell: () => void): void {
    if (condition.confirmDelayMs === 0 || !options.confirms) return tell();
    unanswered++;
    setTimeout(() => {
      due.push(tell);
      answerDue();
    }, condition.confirmDelayMs).unref();
  }

  function answerDue(): void {
    while (due.length > 0 && !condition.silent) {
      unanswered--;
      due.shift()!();
    }
    sayGoodbye();
  }

  /** A broker that has read all, and that has answered it, says goodbye. */
  function sayGoodbye(): void {
    if (inbox.length === 0 && unanswered === 0 && !condition.silent) closing?.();
  }

  return {
    closed,
    publish(batch, settle) {
      if (ended || closing || batch.length === 0) return;
      inbox.push({ batch: batch.map((message) => message.detach()), settle });
      readSoon();
    },
    onFlow(tell) {
      listener = tell;
      tellFlow();
    },
    async close(signal) {
      if (!ended && !signal.aborted) {
        const goodbye = new Promise<void>((resolve) => {
          const before = closing;
          closing = () => {
            before?.();
            resolve();
          };
          signal.addEventListener("abort", () => resolve(), { once: true });
          sayGoodbye();
        });
        await Promise.race([goodbye, closed]);
      }
      if (!ended) end();
    },
    drainedBytes: () => readBytes,
  };
}
