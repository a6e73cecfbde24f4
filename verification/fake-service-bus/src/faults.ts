import type { AmqpError } from "rhea";
import { faultOf } from "./conditions.js";

export interface RefuseOptions {
  /** How many of them. Default: 1; `Infinity` until `clear()`. */
  readonly times?: number;
  /** Only of this entity. Default: of all. */
  readonly entity?: string;
  /** What the service says. Default: its own words for the condition. */
  readonly description?: string;
}

export interface CbsFailure {
  /** Default: 1. */
  readonly times?: number;
  /** Default: 401. `"silence"` leaves the request without an answer. */
  readonly status?: number | "silence";
  /** Default: of an invalid signature. */
  readonly description?: string;
  /** Default: `com.microsoft:auth-failed`. */
  readonly condition?: string;
}

export interface ManagementFailure {
  /** Default: 1. */
  readonly times?: number;
  /** Default: 503. */
  readonly status?: number;
  /** Default: `com.microsoft:server-busy`. */
  readonly condition?: string;
}

/** What goes wrong on command. All of it ends with `clear()`. */
export interface Faults {
  /** For so long, in milliseconds, each transfer is rejected with `com.microsoft:server-busy`. */
  throttle(milliseconds: number): void;
  /** Rejects transfers with this condition. */
  refuse(condition: string, options?: RefuseOptions): void;
  /** Answers attaches with this condition and a detach. */
  refuseAttach(condition: string, options?: RefuseOptions): void;
  /** Has `$cbs` refuse tokens, whatever they are. */
  failCbs(failure?: CbsFailure): void;
  /** Answers settlements of receivers with this condition, and leaves the message locked. */
  refuseSettlement(condition: string, options?: RefuseOptions): void;
  /** Has `$management` refuse requests of an operation, such as `com.microsoft:renew-lock`. */
  failManagement(operation: string, failure?: ManagementFailure): void;
  /** The time of all locks is up, those of sessions too. */
  expireLocks(): void;
  /** From now on transfers are stored and not answered, until `answer()`: of what is detached meanwhile no sender knows. */
  hold(): void;
  /** Answers what was held, and answers again. */
  answer(): void;
  /** Detaches the links of an entity, or all, with this condition; says how many. Default: `amqp:link:detach-forced`. */
  detach(condition?: string, entity?: string): number;
  /** Closes all connections with this condition. Default: `amqp:connection:forced`. */
  closeConnections(condition?: string): void;
  /** Breaks all connections off, without a word. */
  dropConnections(): void;
  /** How a message that is too large is answered: by its outcome, or by a detach. Default: `"reject"`. */
  oversize: "reject" | "detach";
  /** A link without a transfer for so long is detached, in milliseconds; set, it counts from then. */
  idleDetachMs: number;
  /** So long after the last of its links was detached, in milliseconds, a connection is closed. */
  emptyCloseMs: number;
  /** How many refusals that were ordered are still to come. */
  unspent(): number;
  clear(): void;
}

/** The faults that need no link: what is to be said to the next transfer, attach or token. */
export function createCommands() {
  let throttledUntil = 0;
  const refusals: Refusal[] = [];
  const attachRefusals: Refusal[] = [];
  const settlementRefusals: Refusal[] = [];
  const managementFailures: (ManagementFailure & { readonly operation: string; left: number })[] = [];
  const cbsFailures: (CbsFailure & { left: number })[] = [];
  const lists = [refusals, attachRefusals, settlementRefusals, cbsFailures, managementFailures];
  let held: (() => void)[] | undefined;

  const refusal = (condition: string, options: RefuseOptions = {}): Refusal => ({
    error: faultOf(condition, options.description),
    entity: options.entity,
    left: options.times ?? 1,
  });
  const answer = () => {
    const answers = held ?? [];
    held = undefined;
    for (const settle of answers) settle();
  };
  return {
    throttle(milliseconds: number) {
      throttledUntil = Date.now() + milliseconds;
    },
    refuse(condition: string, options?: RefuseOptions) {
      refusals.push(refusal(condition, options));
    },
    refuseAttach(condition: string, options?: RefuseOptions) {
      attachRefusals.push(refusal(condition, options));
    },
    failCbs(failure: CbsFailure = {}) {
      cbsFailures.push({ ...failure, left: failure.times ?? 1 });
    },
    refuseSettlement(condition: string, options?: RefuseOptions) {
      settlementRefusals.push(refusal(condition, options));
    },
    failManagement(operation: string, failure: ManagementFailure = {}) {
      managementFailures.push({ ...failure, operation, left: failure.times ?? 1 });
    },
    hold() {
      held ??= [];
    },
    answer,
    unspent: () => lists.flat().reduce((sum, { left }) => sum + left, 0),
    clear() {
      throttledUntil = 0;
      for (const list of lists) list.length = 0;
      answer();
    },

    /** Why the next transfer to the entity is rejected; undefined where it is not. */
    ofTransfer(entity: string): AmqpError | undefined {
      if (throttledUntil > Date.now()) return faultOf("com.microsoft:server-busy");
      return next(refusals, (refusal) => refusal.entity === undefined || refusal.entity === entity)?.error;
    },
    ofAttach: (entity: string): AmqpError | undefined =>
      next(attachRefusals, (refusal) => refusal.entity === undefined || refusal.entity === entity)?.error,
    ofSettlement: (entity: string): AmqpError | undefined =>
      next(settlementRefusals, (refusal) => refusal.entity === undefined || refusal.entity === entity)?.error,
    /** Why a request is refused; undefined where it is not. */
    ofManagement(operation: string) {
      const failure = next(managementFailures, (each) => each.operation === operation);
      if (!failure) return undefined;
      const { status = 503, condition = "com.microsoft:server-busy" } = failure;
      return { status, condition, description: String(faultOf(condition).description) };
    },
    ofToken: (): CbsFailure | undefined => next(cbsFailures, () => true),
    /** Settles now, or when `answer()` is called. */
    settle(now: () => void) {
      if (held) held.push(now);
      else now();
    },
  };
}

export type Commands = ReturnType<typeof createCommands>;

interface Refusal {
  readonly error: AmqpError;
  readonly entity: string | undefined;
  left: number;
}

function next<T extends { left: number }>(list: T[], fits: (item: T) => boolean): T | undefined {
  const found = list.find((item) => item.left > 0 && fits(item));
  if (found) found.left--;
  return found;
}
