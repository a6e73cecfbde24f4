/** What a field of a message holds; `[…]` is a list of it. */
export type Kind = "string" | "bool" | "int" | "double" | "id" | "bytes" | "time" | Message | (() => Message);

/** Fields by their number in opentelemetry-proto 1.x, with the names of its JSON. Others are skipped. */
export interface Message {
  readonly [field: number]: readonly [name: string, kind: Kind, list?: "list"];
}

const anyValue: Message = {
  1: ["stringValue", "string"],
  2: ["boolValue", "bool"],
  3: ["intValue", "int"],
  4: ["doubleValue", "double"],
  5: ["arrayValue", () => ({ 1: ["values", anyValue, "list"] })],
  6: ["kvlistValue", () => ({ 1: ["values", keyValue, "list"] })],
  7: ["bytesValue", "bytes"],
};

const keyValue: Message = { 1: ["key", "string"], 2: ["value", anyValue] };

const resource: Message = { 1: ["attributes", keyValue, "list"] };

const span: Message = {
  1: ["traceId", "id"],
  2: ["spanId", "id"],
  4: ["parentSpanId", "id"],
  5: ["name", "string"],
  7: ["startTimeUnixNano", "time"],
  8: ["endTimeUnixNano", "time"],
  9: ["attributes", keyValue, "list"],
  11: ["events", { 2: ["name", "string"], 3: ["attributes", keyValue, "list"] }, "list"],
  15: ["status", { 2: ["message", "string"], 3: ["code", "int"] }],
};

const scopeSpans: Message = {
  1: ["scope", { 1: ["name", "string"] }],
  2: ["spans", span, "list"],
};

export const traceRequest: Message = {
  1: ["resourceSpans", { 1: ["resource", resource], 2: ["scopeSpans", scopeSpans, "list"] }, "list"],
};

/** As much as is needed to count what is in them. */
export const logsRequest: Message = {
  1: ["resourceLogs", { 2: ["scopeLogs", { 2: ["logRecords", {}, "list"] }, "list"] }, "list"],
};

const points: Message = { 1: ["dataPoints", {}, "list"] };

const metric: Message = {
  5: ["gauge", points],
  7: ["sum", points],
  9: ["histogram", points],
  10: ["exponentialHistogram", points],
  11: ["summary", points],
};

export const metricsRequest: Message = {
  1: ["resourceMetrics", { 2: ["scopeMetrics", { 2: ["metrics", metric, "list"] }, "list"] }, "list"],
};
