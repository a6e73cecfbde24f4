// A namespace import, so that a version without these functions loads too.
import * as observability from "@mastra/core/observability";
import type { Framework } from "../shared/call-table.js";
import { textOf } from "../shared/within.js";

export const framework: Framework = {
  name: "mastra",
  currentKey() {
    const span = observability.resolveCurrentSpan?.();
    // Exporters do not see Mastra's internal spans, so the current one may have to be mapped to an exported one.
    return observability.resolveExportedSpanId?.(span) ?? textOf(span, "id");
  },
};
