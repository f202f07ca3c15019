/** A channel that all who need it share: opened for the first, and anew once it has closed. */
export class SharedChannel<T extends { readonly isOpen: boolean }> {
  private opening: Promise<T> | undefined;

  constructor(private readonly open: () => Promise<T>) {}

  /** Whether it is open or about to be. */
  get exists(): boolean {
    return this.opening !== undefined;
  }

  /** Rejects as opening it does; the next who asks tries again. */
  async get(): Promise<T> {
    const opening = (this.opening ??= this.open());
    try {
      const channel = await opening;
      if (channel.isOpen) return channel;
    } catch (error) {
      this.forget(opening);
      throw error;
    }
    // It was found stuck, or its process was killed.
    this.forget(opening);
    return this.get();
  }

  private forget(opening: Promise<T>): void {
    if (this.opening === opening) this.opening = undefined;
  }
}
