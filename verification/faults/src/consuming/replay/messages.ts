import type { DeadLettersOptions, ReplayOptions, ReplayReport } from "@streamll/consumer";

/** The first message to a program. */
export interface ReplaySetup {
  readonly source: DeadLettersOptions;
  readonly task:
    | { readonly do: "list"; readonly times: number }
    | { readonly do: "replay"; readonly options: ReplayOptions };
  /** What befalls it once it has told of replayed letters, before anything that follows is begun. */
  readonly then?: "SIGKILL" | "SIGSTOP" | undefined;
}

export type ReplaySaid =
  | { readonly kind: "listed"; readonly matched: number }
  | { readonly kind: "progress"; readonly replayed: number }
  | { readonly kind: "report"; readonly report: ReplayReport }
  | { readonly kind: "warning"; readonly text: string };
