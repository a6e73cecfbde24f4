/** A promise that the caller may ignore: no rejection of it ends the host. */
export function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
