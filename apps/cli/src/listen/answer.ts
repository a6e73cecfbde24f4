/** What a request is answered. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A request that is not taken, or not now. Its message is for the sender, and holds nothing of what was sent. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const retryAfterSeconds = 1;

/** The sender is told to send the same again soon: OTLP's exporters do. */
export const tryAgain = (status: 429 | 503, message: string): Refusal =>
  new Refusal(status, message, { "retry-after": String(retryAfterSeconds) });

export const jsonAnswer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});
