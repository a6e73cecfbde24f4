import { silentLogger } from "@streamll/core";
import { type DeliveryEngine, defaultDeliveryOptions } from "@streamll/core/internal";
import { message } from "../delivery/bench.js";
import { FakeClock } from "../delivery/fake-clock.js";
import { type FakeConnection, FakeTransport, fakeEndpoint } from "../delivery/fake-transport.js";
import { must } from "../delivery/model.js";
import type { Account, Tracked } from "./account.js";
import type { MemoryDisk } from "./memory-disk.js";
import { answer, tell } from "./model-broker.js";
import type { Plan, Step } from "./plan.js";

const limits = {
  maxBufferedBytes: 3000,
  maxEventBytes: 60,
  confirmTimeoutMs: 3000,
  flushTimeoutMs: 5000,
  batchTimeoutMs: 0,
  retryBackoffMs: 100,
};

/** One program of a run, on the disk that the one before has left. */
export class Program {
  readonly clock = new FakeClock();
  readonly transport: FakeTransport;
  readonly engine: DeliveryEngine;
  readonly disk: MemoryDisk;
  readonly #plan: Plan;
  readonly #account: Account;
  readonly #own = new Set<string>();
  /** What it has promised to keep through a kill. */
  readonly #safe = new Set<Tracked>();
  /** Events whose failure listeners were told. */
  #told = 0;
  #seen = 0;
  readonly #aborts: AbortController[] = [];
  #slowMs = 0;
  /** It was killed: what it says from then on nobody hears. */
  #hasEnded = false;
  /** The disk was slow, and may have yet to write. */
  #isLate = false;
  /** The disk could not be read, and the program may know nothing of what an earlier one has left. */
  #hasFailed = false;

  constructor(
    Engine: typeof DeliveryEngine,
    plan: Plan,
    account: Account,
    disk: MemoryDisk,
    highest: ReadonlyMap<number, number>,
  ) {
    this.#plan = plan;
    this.#account = account;
    this.disk = disk;
    const { deduplication, options } = plan;
    // An execution has to find the lane again whose sequences know it.
    const partitions = deduplication ? options.connectionPoolSize : undefined;
    this.transport = new FakeTransport({ deduplication }, partitions);
    for (const [lane, sequence] of highest) this.transport.highest.set(lane, sequence);
    this.transport.onPublish = (connection) => this.#published(connection);
    this.engine = new Engine({
      transport: this.transport,
      clock: this.clock,
      random: () => 0.5,
      logger: silentLogger,
      endpoints: [fakeEndpoint()],
      options: { ...defaultDeliveryOptions, ...limits, ...plan.options },
      spool: { ...plan.spool, open: async () => ({ disk, path: "/spool/w-1", release: async () => {} }) },
    });
    for (const name of ["failed", "dropped"] as const)
      this.engine.on(name, ({ message: { messageId }, error: { code } }) => {
        this.#told++;
        account.tracked.get(messageId)?.codes.push(code);
      });
    void this.engine.start().catch(() => {});
  }

  async run(step: Exclude<Step, { do: "end" }>): Promise<void> {
    for (const call of ["open", "read"] as const)
      if (this.disk.fails(call, "") !== undefined) this.#hasFailed = true;
    const { live } = this.transport;
    const target = live[("connection" in step ? step.connection : 0) % Math.max(1, live.length)];
    switch (step.do) {
      case "offer":
        for (let i = 0; i < step.count; i++) this.#offer(`run-${step.execution}`, step.bytes);
        return this.clock.advance(0);
      case "pass":
        return this.#pass(step.ms);
      case "answer":
        // A refused event has the number of the next one when it is sent again: see the limits of docs/spool.md.
        if (step.as === "nack" && this.#plan.deduplication) return;
        if (target !== undefined) answer(target, step, this.#account);
        return;
      case "die":
        return target?.die();
      case "abort":
        return this.#aborts.at(-1 - step.nth)?.abort();
      case "disk fails":
        // A file that is left unread holds ids below those that a broker that deduplicates stores meanwhile.
        if (this.#plan.deduplication && step.calls.some((call) => call === "read" || call === "open")) return;
        this.disk.fails = (call) => (step.calls.includes(call) ? step.code : undefined);
        this.disk.forgot = step.forgets ? () => this.#forgot() : undefined;
        // Marks are not written then, or not read.
        if (!step.calls.some((call) => call.startsWith("sync"))) this.#account.keepsMarks = false;
        return;
      case "disk takes":
        this.disk.takes = step.bytes;
        // A mark that was cut is overwritten, and not counted.
        this.#account.countsBytes = false;
        return;
      case "disk is slow":
        this.#slow(step.ms);
        return;
      case "disk works":
        return this.heal();
      case "spooled":
        return this.#spooled();
    }
  }

  heal(): void {
    this.disk.fails = () => undefined;
    this.disk.forgot = undefined;
    this.disk.takes = Number.POSITIVE_INFINITY;
    this.#slow(0);
  }

  /** Ends it, and returns the disk as the next program finds it. */
  async end(by: (Step & { do: "end" })["by"]): Promise<MemoryDisk> {
    const account = this.#account;
    if (by === "stop") {
      await this.stop();
      return this.disk;
    }
    this.#hasEnded = true;
    const saved =
      by === "exit" && !this.clock.lastWords().some((words) => words.includes("the process ended before"));
    must(
      saved || by !== "exit" || !this.#isSound,
      "what a program leaves when it ends is on a disk that works",
    );
    this.#collect();
    if (by === "power cut" && !this.#plan.deduplication) {
      account.killed((one) => account.synced.has(one));
      account.keepsMarks = account.keepsOrder = account.countsBytes = false;
      return this.disk.afterPowerCut();
    }
    account.killed((one) => !this.#own.has(one.id) || saved || this.#safe.has(one));
    return this.disk.copy();
  }

  #collect(): void {
    const { events_failed, events_dropped } = this.engine.stats();
    this.#account.anonymous += events_failed + events_dropped - this.#told;
    this.#account.collect(this.transport);
  }

  /** Ends it in an orderly way. */
  async stop(): Promise<void> {
    let hasStopped = false;
    void this.engine.stop().then(() => {
      hasStopped = true;
    });
    for (let passed = 0; passed < 10_000 && !hasStopped; passed += 200) await this.clock.advance(200);
    must(hasStopped, "stop() ends within flushTimeout and a second");
    await this.clock.advance(100);
    this.check();
    const { pending, spooled } = this.engine.health();
    must(pending === 0, "nothing is held after stop()");
    must(this.clock.held === 0, "nothing keeps the process alive after stop()");
    must(this.clock.pendingTimers === 0, "no timer is left after stop()");
    must(this.disk.handles === 0, "no file is open after stop()");
    must(spooled === this.engine.totals().spooled, "health() and the report agree");
    this.#collect();
  }

  /** The broker takes everything, and the disk works. */
  async deliverAll(): Promise<void> {
    this.transport.onPublish = (connection) => {
      this.#published(connection);
      tell(connection, connection.unanswered.length, this.#account);
    };
    for (const live of this.transport.live) tell(live, live.unanswered.length, this.#account);
    for (let passed = 0; passed < 30_000 && this.engine.unsettled > 0; passed += 500) await this.#pass(500);
    must(this.engine.unsettled === 0, "everything is delivered once broker and disk work");
    await this.#pass(2000);
    must(this.disk.eventFiles.length <= 1, "a file is removed when all its events are settled");
  }

  /** The accounts of this moment. */
  check(): void {
    must(this.#account.sentAgain === 0, "what was answered before a kill is not sent again");
    const stats = this.engine.stats();
    const ended = stats.events_sent + stats.events_failed + stats.events_dropped;
    const open = stats.events_buffered + stats.events_in_flight + stats.events_spooled;
    must(stats.events_received === ended + open, "received = sent + failed + dropped + in memory + on disk");
    must(
      Math.min(stats.events_buffered, stats.events_in_flight, stats.events_spooled, stats.bytes_spooled) >= 0,
      "no gauge is negative",
    );
    must(
      stats.events_buffered + stats.events_in_flight <= this.#plan.options.maxBufferedEvents,
      "memory is bounded",
    );
    if (this.engine.health().problems.some(({ code }) => code === "SPOOL_UNREADABLE"))
      // The file is left to a later program.
      this.#account.keepsOrder = this.#account.countsBytes = false;
    must(stats.bytes_buffered <= limits.maxBufferedBytes, "no more bytes are held than maxBufferedBytes");
  }

  /** The disk works, and has all that it was given. */
  get #isSound(): boolean {
    const isFine =
      this.disk.fails("write", "") ?? this.disk.fails("sync", "") ?? this.disk.fails("create", "");
    const { problems } = this.engine.health();
    return isFine === undefined && !problems.some(({ code }) => /^SPOOL_(UNWRITABLE|SLOW)$/.test(code));
  }

  #offer(correlationId: string, bytes: number): void {
    const one = this.#account.offered(correlationId);
    const prepared = message({ messageId: one.id, correlationId, bytes });
    this.#own.add(one.id);
    if (this.#seen++ % 2 === 0) {
      one.accepted = this.engine.offer(prepared);
      return;
    }
    const abort = new AbortController();
    this.#aborts.push(abort);
    this.engine.publish(prepared, abort).then(
      () => {},
      ({ code }) => {
        if (code === "BUFFER_FULL" || code === "STOPPED") one.accepted = false;
        else if (typeof code === "string" && code !== "SPOOLED_AT_STOP") one.codes.push(code);
      },
    );
  }

  async #pass(ms: number): Promise<void> {
    const before = this.#accepted();
    await this.clock.advance(ms);
    this.check();
    // A slow disk may have yet to write, though the sink does not call it slow.
    if (this.#slowMs === 0 && ms >= 100) this.#isLate = false;
    if (!this.#isSound || this.#isLate || this.disk.takes < Number.POSITIVE_INFINITY) return;
    const { mode, fsync } = this.#plan.spool;
    this.#account.turn();
    const { events_spooled, bytes_spooled } = this.engine.stats();
    if (mode === "write-ahead" || events_spooled > 0) for (const one of before) this.#safe.add(one);
    if (fsync !== "never" && ms >= 2500)
      for (const one of this.#hasFailed ? before : this.#account.tracked.values())
        if (this.#safe.has(one) || (!this.#own.has(one.id) && !one.mayBeLost)) this.#account.synced.add(one);
    must(bytes_spooled === this.disk.bytes || !this.#account.countsBytes, "bytes held are bytes counted");
  }

  #spooled(): void {
    const before = this.#accepted();
    void this.engine.spooled().then(
      () => {
        if (this.#hasEnded) return;
        for (const one of before) this.#safe.add(one);
        if (this.#plan.spool.fsync === "always")
          for (const one of before) if (this.#safe.has(one)) this.#account.synced.add(one);
      },
      () => {},
    );
  }

  /** The disk has thrown something away: events that may have been there alone are lost. */
  #forgot(): void {
    // What is written anew comes behind later events.
    this.#account.keepsOrder = this.#account.countsBytes = false;
    this.#safe.clear();
    const hasTail = this.engine.stats().events_spooled > 0;
    for (const one of this.#account.tracked.values())
      if (hasTail || !this.#own.has(one.id)) one.mayBeLost = true;
  }

  #accepted(): Tracked[] {
    return [...this.#account.tracked.values()].filter((one) => this.#own.has(one.id) && one.accepted);
  }

  #published(connection: FakeConnection): void {
    const ids = (connection.batches.at(-1) ?? []).map(({ messageId }) => messageId);
    this.#account.checkSent(ids, this.#own);
    if (this.#plan.prompt) tell(connection, connection.unanswered.length, this.#account);
  }

  #slow(ms: number): void {
    this.#slowMs = ms;
    if (ms > 0) this.#isLate = true;
    const wait = () => {
      this.clock.time += ms;
    };
    this.disk.hold = wait;
    this.disk.delay = async () => wait();
  }
}
