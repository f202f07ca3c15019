/** Tells when somebody has been silent for too long, who may be busy with others and is heard speaking to them. */
export class SilenceTimer {
  private timer: NodeJS.Timeout | undefined;

  /** `heardAt` is when they were last heard, by performance.now(); a wait takes at most `busySeconds` longer for that. */
  constructor(
    private readonly heardAt: () => number,
    private readonly busySeconds: number,
  ) {}

  /** Begins a wait, in place of the one there was: `onSilent` is called after so many seconds in which nothing was heard. */
  await(seconds: number, onSilent: () => void): void {
    const since = performance.now();
    const look = (): void => {
      const silentAt = Math.max(since, this.heardAt()) + seconds * 1000;
      const at = Math.min(silentAt, since + (seconds + this.busySeconds) * 1000);
      const left = at - performance.now();
      if (left <= 0) onSilent();
      else this.timer = setTimeout(look, left);
    };
    this.stop();
    look();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
