import type { Connection, Sender, Session } from "rhea";
import { FaultError, faultOf } from "./fault.js";
import { isRefused, quietOutcomes, sendTogether, settleEachByItself } from "./rhea.js";

/** A link and its session, as one: each link has a session of its own. */
export interface AttachedSender {
  readonly session: Session;
  readonly sender: Sender;
}

export interface AttachSetup {
  readonly connection: Connection;
  /** Empty: each message names its own. */
  readonly address: string;
  readonly confirms: boolean;
}

/** Begins a session and attaches a sender in it. Whether the other end takes it, {@link whenAttached} says. */
export function attachSender({ connection, address, confirms }: AttachSetup): AttachedSender {
  const session = connection.create_session();
  quietOutcomes(session);
  settleEachByItself(session);
  session.begin();
  const sender = session.attach_sender({
    target: address === "" ? {} : { address },
    snd_settle_mode: confirms ? 0 : 1,
    rcv_settle_mode: 0,
    treat_modified_as_released: false,
  });
  sendTogether(session, sender);
  return { session, sender };
}

/** What ended, and what the broker said of it. */
export type Ended = (stage: "link" | "session", error: Parameters<typeof faultOf>[1]) => void;

/**
 * Resolves when the other end has taken the link, and tells of its end from then on.
 *
 * @throws FaultError where the link is refused, or ended before.
 */
export function whenAttached({ session, sender }: AttachedSender, ended: Ended): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (stage: "link" | "session", error: Parameters<typeof faultOf>[1]) => {
      // After `sender_open` the promise is settled, and this does nothing.
      reject(new FaultError(faultOf("attach", error, endText(stage))));
      ended(stage, error);
    };
    for (const event of ["sender_error", "sender_close"]) sender.on(event, () => end("link", sender.error));
    for (const event of ["session_error", "session_close"])
      session.on(event, () => end("session", session.error));
    sender.once("sender_open", () => {
      if (!isRefused(sender)) resolve();
    });
  });
}

export const endText = (stage: "link" | "session"): string => `the broker ended the ${stage}`;
