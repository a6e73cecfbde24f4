import type { Address } from "@streamll/transport-kit";
import type { Reader } from "./reader.js";
import { list, string } from "./writer.js";

export interface StreamMetadata {
  readonly stream: string;
  readonly code: number;
  /** Absent while an election goes on. */
  readonly leader: Address | undefined;
  readonly replicas: readonly Address[];
}

export const metadata = (streams: readonly string[]): Buffer => list(streams, string);

export function readMetadata(answer: Reader): StreamMetadata[] {
  const brokers = new Map<number, Address>(
    answer.list(8, (reader) => [reader.u16(), { host: reader.string(), port: reader.u32() }]),
  );
  return answer.list(10, (reader) => {
    const [stream, code, leader] = [reader.string(), reader.u16(), reader.u16()];
    const replicas = reader.list(2, (replica) => brokers.get(replica.u16()));
    return {
      ...{ stream, code, leader: brokers.get(leader) },
      replicas: replicas.filter((replica) => replica !== undefined),
    };
  });
}

/** What a broker tells on its own when a stream of this connection is gone or has another leader. */
export const readMetadataUpdate = (frame: Reader) => ({ code: frame.u16(), stream: frame.string() });
