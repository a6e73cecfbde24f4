export * from "./amqp/amqp10-message.js";
export * from "./amqp/amqp10-values.js";
export { putBytes, putInt64, putText } from "./amqp/bytes.js";
export { conflictHint, declarationHint } from "./amqp/declaration-hints.js";
export {
  cutToShortString,
  isShortField,
  isShortString,
  SHORT_STRING_MAX,
  shortFieldEnd,
} from "./amqp/short-string.js";
export { type OpenMessage, refuseAccused, type Suspects } from "./amqp/suspects.js";
export { type Reply, refusalOfVirtualHost } from "./amqp/virtual-host.js";
export { connectSocket, type SocketTarget } from "./connect/connect-socket.js";
export { connectDeadline, type Deadline, type Reached, startDeadline } from "./connect/deadline.js";
export {
  type Address,
  attemptsAt,
  bareHost,
  type DialAddress,
  dial,
  dialTcp,
  tlsOptions,
} from "./connect/dial.js";
export { type Login, login } from "./connect/login.js";
export { renewBeforeExpiry } from "./connect/renewal.js";
export { type SocketFault, socketFaultOf } from "./connect/socket-fault.js";
export { endAfterStandstill } from "./connect/standstill.js";
