/** What the editor keeps for an extension (`Memento`). */
export class FakeMemory {
  private readonly kept = new Map<string, unknown>();

  get(key: string): undefined {
    return this.kept.get(key) as undefined; // the caller's own type parameter says what it is
  }

  update(key: string, value: unknown): Promise<void> {
    this.kept.set(key, value);
    return Promise.resolve();
  }
}
