import type { Command } from "./command/command.js";
import { consume } from "./consume/consume.js";
import { dlq } from "./dlq/dlq.js";
import { doctor } from "./doctor/doctor.js";
import { explain } from "./explain.js";
import { listen } from "./listen/listen.js";
import { pipe } from "./pipe/pipe.js";
import { spool } from "./spool/spool.js";
import { tail } from "./tail/tail.js";
import { top } from "./top/top.js";
import { ui } from "./ui/ui.js";

export const commands: readonly Command[] = [
  pipe,
  consume,
  listen,
  tail,
  dlq,
  spool,
  ui,
  top,
  doctor,
  explain,
];
