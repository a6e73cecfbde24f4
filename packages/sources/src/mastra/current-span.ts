// All of it, as a version that has not these functions must load too.
import * as observability from "@mastra/core/observability";
import type { Framework } from "../shared/call-table.js";
import { textOf } from "../shared/within.js";

export const framework: Framework = {
  name: "mastra",
  currentKey() {
    const span = observability.resolveCurrentSpan?.();
    // Exporters see nothing of Mastra's own inner spans.
    return observability.resolveExportedSpanId?.(span) ?? textOf(span, "id");
  },
};
