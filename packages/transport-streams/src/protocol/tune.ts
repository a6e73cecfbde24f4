import { TUNE } from "./commands.js";
import type { Reader } from "./reader.js";
import { frame, u32 } from "./writer.js";

export interface Tuning {
  /** Bytes of the largest frame, without its size field; 0 sets no limit. */
  readonly frameMax: number;
  /** Seconds; 0 switches it off. */
  readonly heartbeat: number;
}

export const tune = ({ frameMax, heartbeat }: Tuning): Buffer =>
  frame(TUNE, 1, u32(frameMax), u32(heartbeat));

export const readTuning = (frame: Reader): Tuning => ({ frameMax: frame.u32(), heartbeat: frame.u32() });

/** The lower of two limits, of which 0 is none. */
export const lower = (one: number, other: number): number =>
  one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);
