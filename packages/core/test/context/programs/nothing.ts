import type { FlushReport } from "../../../src/index.js";

export const nothing: FlushReport = {
  sent: 0,
  failed: 0,
  dropped: 0,
  rejected: 0,
  pending: 0,
  failures: {},
  durationMs: 0,
};
