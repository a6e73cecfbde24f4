import type { OtelSpan } from "@streamll/sources/otel";

/** A span as it was sent. */
export interface SentSpan {
  readonly span: OtelSpan;
  /** `service.name` of its resource. */
  readonly service: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const mostDepth = 64;

/** The spans of a request in the form of its JSON; `undefined` for each that is none. */
export function spansOf(request: unknown): (SentSpan | undefined)[] {
  return listOf(request, "resourceSpans").flatMap((resourceSpans) => {
    const service = attributesOf(fieldOf(resourceSpans, "resource"))["service.name"];
    return listOf(resourceSpans, "scopeSpans").flatMap((scopeSpans) => {
      const scope = fieldOf(scopeSpans, "scope");
      return listOf(scopeSpans, "spans").map((span) => {
        const read = spanOf(span, scope);
        return read && { span: read, service: typeof service === "string" ? service : undefined };
      });
    });
  });
}

/** How many log records, or data points of metrics, are in a request. */
export const countOf = (request: unknown, path: readonly string[]): number => {
  const [name, ...rest] = path;
  if (name === undefined) return 1;
  if (name === "*")
    return Object.values(fieldsOf(request)).reduce<number>((sum, one) => sum + countOf(one, rest), 0);
  return listOf(request, name).reduce<number>((sum, one) => sum + countOf(one, rest), 0);
};

function spanOf(given: unknown, scope: unknown): OtelSpan | undefined {
  const { traceId, spanId, parentSpanId, name, status } = fieldsOf(given);
  const startTime = timeOf(given, "startTimeUnixNano");
  const endTime = timeOf(given, "endTimeUnixNano");
  if (!isId(traceId, 32) || !isId(spanId, 16) || startTime === undefined || endTime === undefined)
    return undefined;
  const { code, message } = fieldsOf(status);
  const span: OtelSpan & { readonly parentSpanId?: string; readonly instrumentationScope: unknown } = {
    name: typeof name === "string" && name !== "" ? name : "span",
    attributes: attributesOf(given),
    startTime,
    endTime,
    status: {
      code: code === "STATUS_CODE_ERROR" ? 2 : Number(code ?? 0),
      ...(typeof message === "string" && message !== "" && { message }),
    },
    events: listOf(given, "events").map((event) => ({
      name: String(fieldOf(event, "name")),
      attributes: attributesOf(event),
    })),
    spanContext: () => ({ traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase() }),
    ...(isId(parentSpanId, 16) && { parentSpanId: parentSpanId.toLowerCase() }),
    instrumentationScope: scope,
  };
  return span;
}

/** Hexadecimal in the JSON of OTLP too, unlike other bytes; zeros are none. */
const isId = (value: unknown, length: number): value is string =>
  typeof value === "string" && value.length === length && /^[0-9a-f]+$/i.test(value) && !/^0+$/.test(value);

const billion = 1_000_000_000n;

function timeOf(holder: unknown, name: string): [number, number] | undefined {
  const value = fieldOf(holder, name);
  const isTime =
    typeof value === "string" ? /^\d{1,20}$/.test(value) : Number.isInteger(value) && Number(value) >= 0;
  if (!isTime) return undefined;
  const nanoseconds = BigInt(value as string | number);
  return [Number(nanoseconds / billion), Number(nanoseconds % billion)];
}

const attributesOf = (holder: unknown): Record<string, unknown> => pairsOf(holder, "attributes", 0);

const pairsOf = (holder: unknown, name: string, depth: number): Record<string, unknown> =>
  Object.fromEntries(
    listOf(holder, name).map((pair) => [
      String(fieldOf(pair, "key")),
      plainValue(fieldOf(pair, "value"), depth),
    ]),
  );

function plainValue(given: unknown, depth: number): unknown {
  const value = fieldsOf(given);
  if (depth > mostDepth) return undefined;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.arrayValue !== undefined)
    return listOf(value.arrayValue, "values").map((one) => plainValue(one, depth + 1));
  if (value.kvlistValue !== undefined) return pairsOf(value.kvlistValue, "values", depth + 1);
  return value.stringValue ?? value.boolValue ?? value.bytesValue;
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const fieldOf = (value: unknown, name: string): unknown => fieldsOf(value)[name];

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? (list as unknown[]) : [];
}
