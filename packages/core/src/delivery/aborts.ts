/** Calls several functions when a signal aborts, with one listener, since Node warns about an eleventh. */
interface Aborts {
  readonly callbacks: Set<() => void>;
  listen(): void;
}

const bySignal = new WeakMap<AbortSignal, Aborts>();

/** Calls back once, when `signal` aborts, until the returned function is called. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const aborts = bySignal.get(signal) ?? listenTo(signal);
  aborts.callbacks.add(callback);
  return () => {
    aborts.callbacks.delete(callback);
    if (aborts.callbacks.size > 0) return;
    bySignal.delete(signal);
    signal.removeEventListener("abort", aborts.listen);
  };
}

function listenTo(signal: AbortSignal): Aborts {
  const callbacks = new Set<() => void>();
  const listen = () => {
    for (const callback of callbacks) callback();
  };
  const aborts = { callbacks, listen };
  bySignal.set(signal, aborts);
  signal.addEventListener("abort", listen, { once: true });
  return aborts;
}
