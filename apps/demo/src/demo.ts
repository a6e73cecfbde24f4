import { once } from "node:events";
import { configure, type FlushReport } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import type { Colors } from "picocolors/types.js";
import { amqpBroker } from "./broker/amqp.js";
import { memoryBroker } from "./broker/memory.js";
import { drawTree } from "./draw.js";
import { Inbox } from "./inbox.js";
import { openPage, type Page } from "./page.js";
import { retrievalProgram, sources } from "./programs.js";
import { tableOf } from "./table.js";

export interface DemoOptions {
  /** Of a real broker; without it, one in the process. */
  readonly url?: string | undefined;
  readonly questions?: readonly string[] | undefined;
  /** Which framework the program is built on; without it, none. */
  readonly source?: string | undefined;
  /** Shows the run on a page too, until this aborts. */
  readonly pageUntil?: AbortSignal | undefined;
  /** How long to wait for what the broker has confirmed to come out of the queue. Default 5,000. */
  readonly arrivalTimeoutMs?: number;
}

export interface DemoOutput {
  readonly colors: Colors;
  /** Columns of a line. */
  readonly width: number;
  print(line: string): void;
}

/**
 * Runs the program, sends its events through a broker, and prints what they tell.
 *
 * @returns Whether each event was confirmed and came out of the queue, exactly once.
 * @throws ConfigurationError for a URL that cannot work; Error where the broker is not there or lets nobody in.
 */
export async function demo(
  { url, questions: asked, source, pageUntil, arrivalTimeoutMs = 5_000 }: DemoOptions,
  { colors, width, print }: DemoOutput,
): Promise<boolean> {
  const stage = (title: string, text: string) => print(`\n${colors.cyan(colors.bold(title))}  ${text}`);
  const broker = url === undefined ? memoryBroker() : amqpBroker(url);
  const emitted: string[] = [];
  const sink = new RabbitMQSink({
    ...broker.sinkOptions,
    transform(event) {
      emitted.push(event.eventId);
      return event;
    },
  });
  const inbox = new Inbox();
  const streamll = configure({ sinks: [sink] });
  let page: Page | undefined;

  try {
    await broker.read((body) => inbox.add(body));
    await sink.start();
    stage("1 Broker", broker.description);
    if (pageUntil !== undefined) {
      page = await openPage(broker.sinkOptions.amqpUrl as string, broker.sinkOptions.exchange!);
      print(`  ${colors.bold(page.address)}  shows what follows, as it happens`);
    }

    const program = await (source === undefined ? retrievalProgram() : sources[source]?.());
    if (program === undefined) throw new Error(`no program for the source ${JSON.stringify(source)}`);
    const questions = asked ?? program.questions;
    stage("2 Program", `${questions.length} ${program.description}`);
    print(`  ${program.remark}`);
    const answers = await Promise.all(questions.map((question) => program.answer(question)));
    const report = await sink.flush();
    for (const [index, question] of questions.entries()) {
      print(`  ${colors.bold(question)}`);
      for (const line of wrapped(answers[index]!, width - 4)) print(`    ${line}`);
    }

    await inbox.until(emitted.length, arrivalTimeoutMs);
    stage("3 Events", "as they came out of the queue: a tree of calls, when each ran, and what went wrong.");
    for (const line of drawTree(inbox.events, width - 2, colors)) print(`  ${line}`);

    stage("4 Delivery", flushLine(report));
    for (const line of tableOf(sink.stats())) print(`  ${line}`);

    const { events_sent: sent } = sink.stats();
    const isComplete = sent === emitted.length && inbox.holdsExactly(emitted);
    const counts = `${emitted.length} emitted, ${sent} confirmed by the broker, ${inbox.events.length} read from the queue`;
    print(isComplete ? colors.green(`\n✓ ${counts}`) : colors.red(`\n✗ ${counts}: not each exactly once`));
    if (page !== undefined) {
      print(`\n${page.address} stays until Ctrl-C`);
      if (!pageUntil?.aborted) await once(pageUntil!, "abort");
    }
    return isComplete;
  } finally {
    await page?.close();
    await streamll.stop();
    await broker.close();
  }
}

function flushLine({ sent, failed, dropped, pending, durationMs }: FlushReport): string {
  return `flush() took ${durationMs.toFixed(1)} ms for the last ${sent + failed + dropped + pending} events: ${sent} sent, ${failed} failed, ${dropped} dropped, ${pending} pending.`;
}

function wrapped(text: string, width: number): string[] {
  return text.match(new RegExp(`\\S.{0,${width - 1}}(?=\\s|$)`, "g")) ?? [];
}
