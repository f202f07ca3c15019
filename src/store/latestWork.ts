/**
 * Work on keys, each done for its latest wish only: one at a time for a key, at most `atOnce` for all, in the order in
 * which the keys were first asked for. It begins in the next turn of the event loop, so that a burst is one.
 */
export class LatestWork<Wish> {
  private readonly wanted = new Map<string, { since: number; wish: Wish }>();
  private readonly busy = new Map<string, number>();
  private waiters: { upTo: number; resolve: () => void }[] = [];
  private readonly keyWaiters = new Map<string, (() => void)[]>();
  private asked = 0;
  private isDue = false;

  constructor(
    /** Never rejects. */
    private readonly work: (key: string, wish: Wish) => Promise<void>,
    private readonly atOnce: number,
  ) {}

  /** The wish for a key that is not being worked on yet. */
  pending(key: string): Wish | undefined {
    return this.wanted.get(key)?.wish;
  }

  /** Replaces a wish for that key that is not being worked on yet; one that is late was asked for before all others. */
  want(key: string, wish: Wish, { isLate = false } = {}): void {
    const since = isLate ? 0 : ++this.asked;
    const earlier = this.wanted.get(key);
    this.wanted.set(key, { since: earlier?.since ?? since, wish });
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.begin();
    });
  }

  /** Resolves when all that was wanted by now is done, whatever is wanted later. */
  done(): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push({ upTo: this.asked, resolve });
      this.answer();
    });
  }

  /** Resolves when nothing is wanted for the key, nor being worked on for it. */
  doneWith(key: string): Promise<void> {
    if (!this.wanted.has(key) && !this.busy.has(key)) return Promise.resolve();
    return new Promise((resolve) => {
      this.keyWaiters.set(key, [...(this.keyWaiters.get(key) ?? []), resolve]);
    });
  }

  private begin(): void {
    for (const [key, { since, wish }] of this.wanted) {
      if (this.busy.size >= this.atOnce) return;
      if (this.busy.has(key)) continue;
      this.wanted.delete(key);
      this.busy.set(key, since);
      void this.work(key, wish).finally(() => {
        this.busy.delete(key);
        if (!this.wanted.has(key)) this.answerFor(key);
        this.begin();
        this.answer();
      });
    }
  }

  private answerFor(key: string): void {
    for (const resolve of this.keyWaiters.get(key) ?? []) resolve();
    this.keyWaiters.delete(key);
  }

  private answer(): void {
    const open = [...this.busy.values(), ...[...this.wanted.values()].map(({ since }) => since)];
    const oldest = open.reduce((least, since) => Math.min(least, since), Infinity);
    const answered = this.waiters.filter(({ upTo }) => oldest > upTo);
    this.waiters = this.waiters.filter(({ upTo }) => oldest <= upTo);
    for (const { resolve } of answered) resolve();
  }
}
