import {
  type Attributes,
  type Complain,
  Instrumentation,
  nameOf,
  observeMetrics,
  systemAttributes,
  withSpan,
} from "@streamll/connection/internal";
import type { Consuming, Delivery, Endpoint, HandlerContext } from "@streamll/core";
import { codeOfThrown, isThenable } from "@streamll/core/internal";
import type { Plan } from "../resolve.js";
import { version } from "../version.js";
import { consumerMetrics, type Observed } from "./consumer-metrics.js";
import { type ProcessOperation, ProcessRecorder } from "./process-recorder.js";

type Handle = (message: Delivery, context: HandlerContext) => unknown;

/** The options `meter` and `tracer` of a consumer at work. */
export class OpenTelemetry {
  readonly #plan: Plan;
  readonly #instrumentation: Instrumentation;
  /** Where the consumer is subscribed, or was last. */
  #endpoint: Endpoint | undefined;

  constructor(plan: Plan, complain: Complain) {
    const { meter, tracer } = plan.values;
    this.#plan = plan;
    this.#instrumentation = new Instrumentation({
      ...{ meter, tracer, scope: "@streamll/consumer", version, complain },
    });
  }

  /** Whether handlers run within spans of the consumer: then those of the program are below these. */
  get hasSpans(): boolean {
    return this.#instrumentation.tracer !== undefined;
  }

  /** The same, with note taken of where it is subscribed; without the options, the same itself. */
  located(consuming: Consuming): Consuming {
    if (this.#instrumentation.isOff) return consuming;
    return {
      ...consuming,
      subscribe: async (endpoint, request, signal) => {
        const subscription = await consuming.subscribe(endpoint, request, signal);
        this.#endpoint = endpoint;
        return subscription;
      },
    };
  }

  /** The same, with each try recorded; without the options, the same itself. */
  recorded(handle: Handle): Handle {
    const { isOff, meter, tracer } = this.#instrumentation;
    if (isOff) return handle;
    const setup = { meter, tracer, place: placeAttributes(this.#plan) };
    const { continueExecution: continues } = this.#plan.values;
    const recorder = this.#safely(() => new ProcessRecorder({ ...setup, continues }));
    return (message, context) => {
      const operation = this.#safely(() => this.#endpoint && recorder?.begin(this.#endpoint, message));
      if (operation === undefined) return handle(message, context);
      return this.#watched(operation, context, () => handle(message, context));
    };
  }

  /** Lets the consumer's own metrics be collected, until the returned function is called. */
  observe(consumer: Observed): () => void {
    return observeMetrics({
      instrumentation: this.#instrumentation,
      prefix: "streamll.consumer",
      attributes: placeAttributes(this.#plan),
      metrics: consumerMetrics(consumer),
      problems: () => consumer.health().problems.map(({ code }) => code),
    });
  }

  #watched(operation: ProcessOperation, context: HandlerContext, handle: () => unknown): unknown {
    const end = (code: string) => void this.#safely(() => operation.ended(code));
    let handled: unknown;
    try {
      handled = withSpan(operation.span, handle);
    } catch (error) {
      end(codeOfThrown(error));
      throw error;
    }
    if (!isThenable(handled)) {
      end("");
      return handled;
    }
    // A try that is broken off ends here, whatever its handler does after that.
    context.signal.addEventListener("abort", () => end(codeOfAbort(context.signal)), { once: true });
    return Promise.resolve(handled).then(
      () => end(""),
      (error: unknown) => {
        end(codeOfThrown(error));
        throw error;
      },
    );
  }

  #safely<T>(act: () => T): T | undefined {
    return this.#instrumentation.safely(act);
  }
}

/** `HANDLER_TIMEOUT`, `LOCK_LOST` or `STOPPED`. */
const codeOfAbort = ({ reason }: AbortSignal): string => (reason as { readonly code: string }).code;

/** The attributes that say where a consumer's events come from. */
export function placeAttributes({ connection, values, options }: Plan): Attributes {
  const { choice, isSet } = connection;
  const client = isSet("connectionName") ? values.connectionName : undefined;
  const { consumerName } = values;
  return {
    ...systemAttributes(choice === undefined ? "" : nameOf(choice), client),
    "messaging.destination.name": options.source,
    ...(consumerName === undefined ? {} : { "messaging.consumer.group.name": consumerName }),
  };
}
