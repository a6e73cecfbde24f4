import type { Command } from "./command/command.js";
import { consume } from "./consume/consume.js";
import { explain } from "./explain.js";
import { listen } from "./listen/listen.js";
import { pipe } from "./pipe/pipe.js";
import { tail } from "./tail/tail.js";

export const commands: readonly Command[] = [pipe, consume, listen, tail, explain];
