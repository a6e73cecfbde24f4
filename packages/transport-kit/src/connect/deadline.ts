import { TransportError } from "@streamll/core";

/** Bounds all steps of one connect together. */
export interface Deadline {
  /** Aborts when the time is up or the caller gives up. */
  readonly signal: AbortSignal;
  /** The promise's outcome, or a rejection once the time is up; what the promise does later is ignored. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Ends it: nothing aborts any more. */
  done(): void;
}

/** How far a connect has come. */
export type Reached = keyof typeof whereItStuck;

const whereItStuck = {
  nothing: "the host does not answer (name, address, firewall?)",
  host: "the host answers, the broker does not (another protocol, a TLS port, or a broker that hangs?)",
  broker: "the broker took the login, and does not answer any more (an alarm, or overload?)",
};

/** For a connect of `label`: its time is `connectionTimeout`, and `reached` tells where it stuck. */
export const connectDeadline = (
  label: string,
  milliseconds: number,
  outer: AbortSignal,
  reached: () => Reached,
): Deadline =>
  startDeadline(milliseconds, outer, ({ givenUp }) =>
    givenUp
      ? new TransportError("unreachable", `${label}: connecting was given up`)
      : new TransportError(
          "timeout",
          `${label}: not connected in ${milliseconds} ms: ${whereItStuck[reached()]}`,
        ),
  );

/** @param late makes the error for when the time is up. */
export function startDeadline(
  milliseconds: number,
  outer: AbortSignal,
  late: (error: { readonly givenUp: boolean }) => Error,
): Deadline {
  const controller = new AbortController();
  const { promise: aborted, reject } = rejection();
  const abort = (givenUp: boolean) => {
    const error = late({ givenUp });
    reject(error);
    controller.abort(error);
  };
  const giveUp = () => abort(true);
  const timer = setTimeout(() => abort(false), milliseconds);
  timer.unref();
  if (outer.aborted) giveUp();
  else outer.addEventListener("abort", giveUp, { once: true });

  return {
    signal: controller.signal,
    race: (promise) => Promise.race([promise, aborted]),
    done() {
      clearTimeout(timer);
      outer.removeEventListener("abort", giveUp);
    },
  };
}

function rejection(): { promise: Promise<never>; reject(error: Error): void } {
  let reject!: (error: Error) => void;
  const promise = new Promise<never>((_, settle) => {
    reject = settle;
  });
  // Nobody may be racing when it rejects.
  promise.catch(() => {});
  return { promise, reject };
}
