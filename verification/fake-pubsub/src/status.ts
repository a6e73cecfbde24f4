/** What a request is answered with that failed: the gRPC code, and the status of HTTP that stands for it in REST. */
const statuses = {
  CANCELLED: { grpc: 1, http: 499 },
  UNKNOWN: { grpc: 2, http: 500 },
  INVALID_ARGUMENT: { grpc: 3, http: 400 },
  DEADLINE_EXCEEDED: { grpc: 4, http: 504 },
  NOT_FOUND: { grpc: 5, http: 404 },
  ALREADY_EXISTS: { grpc: 6, http: 409 },
  PERMISSION_DENIED: { grpc: 7, http: 403 },
  RESOURCE_EXHAUSTED: { grpc: 8, http: 429 },
  FAILED_PRECONDITION: { grpc: 9, http: 400 },
  ABORTED: { grpc: 10, http: 409 },
  INTERNAL: { grpc: 13, http: 500 },
  UNAVAILABLE: { grpc: 14, http: 503 },
  UNAUTHENTICATED: { grpc: 16, http: 401 },
} as const;

export type StatusName = keyof typeof statuses;

export class StatusError extends Error {
  readonly status: StatusName;
  readonly grpc: number;
  readonly http: number;

  constructor(status: StatusName, message: string) {
    super(message);
    this.status = status;
    this.grpc = statuses[status].grpc;
    this.http = statuses[status].http;
  }
}
