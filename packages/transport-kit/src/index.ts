export { putBytes, putInt64, putText } from "@streamll/core/internal";
export * from "./amqp/amqp10-message.js";
export * from "./amqp/amqp10-reader.js";
export * from "./amqp/amqp10-sections.js";
export * from "./amqp/amqp10-values.js";
export { heartbeatSeconds } from "./amqp/heartbeat.js";
export * as rabbitmqHints from "./amqp/rabbitmq-hints.js";
export { type RedeclarationSteps, redeclarer } from "./amqp/redeclaration.js";
export {
  cutToShortString,
  isShortField,
  isShortString,
  SHORT_STRING_MAX,
  shortFieldEnd,
} from "./amqp/short-string.js";
export {
  classifyVirtualHostRefusal,
  type Reply,
  refusalOfVirtualHost,
  virtualHostOf,
} from "./amqp/virtual-host.js";
export {
  type Address,
  bareHost,
  type DefaultPorts,
  type DialAddress,
  dialAddressOf,
} from "./connect/address.js";
export { connectSocket, type SocketTarget } from "./connect/connect-socket.js";
export { type ConnectAttempt, type ConnectWithin, connectWithin } from "./connect/connect-within.js";
export { type Deadline, startDeadline, within } from "./connect/deadline.js";
export { attemptsAt, dial, dialTcp } from "./connect/dial.js";
export { type Login, login } from "./connect/login.js";
export {
  type RenewableConnection,
  type RenewalSteps,
  renewalAt,
  renewBeforeExpiry,
  renewLogin,
} from "./connect/renewal.js";
export { tlsOptions } from "./connect/tls.js";
export { type ConnectionLife, connectionLife, type LifeSetup } from "./connection-life.js";
export { ConfirmWindow, type Flight, type FlightSetup } from "./publish/confirm-window.js";
export { rangesBetween, type Unsendable } from "./publish/ranges.js";
export { type OpenMessage, refuseAccused, type Suspects, suspectsByLane } from "./publish/suspects.js";
export { SendBlocks } from "./socket/send-blocks.js";
export { classifySocketError, type SocketFault, silentPeer, socketClosed } from "./socket/socket-faults.js";
export { type SocketLife, type SocketLifeSetup, socketLife } from "./socket/socket-life.js";
export {
  aborted,
  afterDrain,
  CLOSE_GRACE_MS,
  corkForTurn,
  destroyAfterGrace,
  HIGH_WATER_MARK,
  type SocketFlow,
  socketFlow,
} from "./socket/socket-pressure.js";
export { endAfterStandstill, type Watched } from "./socket/standstill.js";
export { errorOf, type Verdict, verdict } from "./verdict.js";
