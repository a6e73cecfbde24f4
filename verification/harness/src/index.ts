export { ChildProgram, type Exit, type Surroundings } from "./child-program.js";
export { defaults, shareOfLane } from "./defaults.js";
export type { Protocol } from "./protocol.js";
export { FaultProxy } from "./proxy.js";
export { type Found, Reader } from "./reader.js";
