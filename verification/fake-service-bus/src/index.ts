export type { TokenSeen } from "./cbs.js";
export type { EntityOptions } from "./entity.js";
export type { CbsFailure, Faults, RefuseOptions } from "./faults.js";
export type { Transfer } from "./intake.js";
export type { StoredMessage } from "./message.js";
export { type FakeServiceBus, type FakeServiceBusOptions, startFakeServiceBus } from "./start.js";
export type { AccessKey, Right } from "./tokens.js";
