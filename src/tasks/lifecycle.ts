/** What owns something that must be let go. */
export interface Disposable {
  dispose(): void;
}

/** Calls the listener for everything that happens from now on, until the returned Disposable is disposed. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** The private half of an event: its owner fires, everyone else only sees `event`. */
export class Emitter<T> implements Disposable {
  private readonly listeners = new Set<(value: T) => void>();

  /** @param onListenerError receives what a listener throws; the other listeners are still called. */
  constructor(private readonly onListenerError: (error: unknown) => void) {}

  readonly event: Event<T> = (listener) => {
    const own = (value: T): void => listener(value);
    this.listeners.add(own);
    return { dispose: () => void this.listeners.delete(own) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.onListenerError(error);
      }
    }
  }

  dispose(): void {
    this.listeners.clear();
  }
}

/** Owns several Disposables; whatever is added after its own disposal is disposed at once. */
export class DisposableStore implements Disposable {
  private readonly owned = new Set<Disposable>();
  private disposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.disposed) item.dispose();
    else this.owned.add(item);
    return item;
  }

  dispose(): void {
    this.disposed = true;
    const items = [...this.owned].reverse();
    this.owned.clear();
    for (const item of items) item.dispose();
  }
}
