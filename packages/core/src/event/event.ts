/** One event of a program. Created by `createEvent`, or read by `parseEvent`. */
export interface StreamllEvent {
  /** 12 URL-safe characters when generated. */
  readonly eventId: string;
  /** One run of a program, shared by all its events. */
  readonly executionId: string;
  /** RFC 3339 with an offset. */
  readonly timestamp: string;
  readonly moduleName: string;
  readonly methodName: string;
  /** `start`, `end`, `error`, `token`, `llm_start`, `llm_end`, or one of your own. */
  readonly eventType: string;
  readonly operation: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The `eventId` of the enclosing call's `start`. */
  readonly parentId?: string;
}

/** The same event with its wire names, as NDJSON files and the Python side hold it. */
export interface WireEvent {
  readonly event_id?: string;
  readonly execution_id?: string;
  readonly timestamp?: string | number | Date;
  readonly module_name?: string;
  readonly method_name?: string;
  readonly event_type: string;
  readonly operation?: string | null;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly parent_id?: string;
}

/** What `createEvent` takes: everything but the type has a default. A `timestamp` number is epoch milliseconds. */
export type EventInput = Pick<StreamllEvent, "eventType"> &
  Partial<Omit<StreamllEvent, "eventType" | "timestamp">> & { readonly timestamp?: string | number | Date };

/** Whatever a sink takes as an event. */
export type AnyEvent = StreamllEvent | EventInput | WireEvent;

/** What an event inherits from the enclosing call, unless it has values of its own. */
export interface EventContext {
  readonly executionId?: string | undefined;
  readonly parentId?: string | undefined;
}
