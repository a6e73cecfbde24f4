export { type Complain, complainTo, loggerOf as sinkLogger } from "@streamll/connection/internal";
export { answerOf, faultOf, nameOfError } from "@streamll/core/internal";
