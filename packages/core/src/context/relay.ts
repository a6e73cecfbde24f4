import { ReadableStream, type ReadableStreamDefaultReader, type UnderlyingSource } from "node:stream/web";
import { context } from "./context.js";
import type { Reader } from "./iteration.js";

/**
 * A stream for a pipe to read in place of the watched one, whose methods a pipe bypasses. It takes each chunk from that
 * stream only when asked: nothing is read ahead.
 *
 * @param readerOf Locks the watched stream and returns its reader; called at the latest when the first chunk is read.
 */
export function relay(
  readerOf: () => ReadableStreamDefaultReader,
  reading: Reader,
): { readonly readable: ReadableStream; take(): unknown } {
  let reader: ReadableStreamDefaultReader | undefined;
  let isOver = false;
  let isCancelled = false;
  let fail = (_: unknown) => {};

  const take = (): ReadableStreamDefaultReader => {
    if (reader === undefined) {
      reader = readerOf();
      // The stream may fail while nothing is being read.
      reader.closed.catch((error) => isOver || fail(error));
    }
    return reader;
  };
  const release = () => {
    isOver = true;
    reader?.releaseLock();
  };
  const within = <T>(work: () => T): T => context.calls.run(reading.call, work);

  const source: UnderlyingSource = {
    start(controller) {
      fail = (error) => {
        reading.fail(error);
        controller.error(error);
        release();
      };
    },
    async pull(controller) {
      try {
        const { done, value } = await within(() => take().read());
        if (!done) {
          reading.read(value);
          return controller.enqueue(value);
        }
      } catch (error) {
        // If the relay was cancelled meanwhile, the pending read is rejected.
        return isOver ? undefined : fail(error);
      }
      // A read that is pending when the stream is cancelled ends like one at the end of the stream.
      reading.end(isCancelled ? "cancelled" : undefined);
      if (isOver) return;
      controller.close();
      release();
    },
    async cancel(reason) {
      isCancelled = true;
      try {
        await within(() => take().cancel(reason));
        reading.end("cancelled");
      } catch (error) {
        reading.fail(error);
        throw error;
      } finally {
        release();
      }
    },
  };
  return { readable: new ReadableStream(source, { highWaterMark: 0 }), take };
}
