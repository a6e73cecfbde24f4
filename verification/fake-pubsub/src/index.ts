export type { AccountKey } from "./accounts.js";
export type { Fault } from "./faults.js";
export type { TopicMessage } from "./message.js";
export { type FakePubSub, type FakePubSubOptions, type SubscriptionWish, startFakePubSub } from "./start.js";
