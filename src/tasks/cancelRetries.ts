import type { Clock } from "./clock";
import type { Disposable } from "./lifecycle";

/** Seconds, about, between the attempts of a cancel that could not be verified. */
const delays = [1, 2, 5, 10, 30];

/** When a cancel that could not be verified is tried again. */
export class CancelRetries implements Disposable {
  private made = 0;
  private next: Disposable | undefined;

  constructor(private readonly clock: Clock) {}

  /** Somebody has asked anew, or there is hope again. */
  reset(): void {
    this.made = 0;
  }

  /** An attempt begins. */
  begin(): void {
    this.made++;
    this.dispose();
  }

  /** @returns whether there is another attempt, which `attempt` will be called for. */
  schedule(attempt: () => void): boolean {
    const delay = delays[this.made - 1];
    if (delay === undefined) return false;
    this.next = this.clock.after(this.clock.about(delay * 1000), attempt);
    return true;
  }

  dispose(): void {
    this.next?.dispose();
  }
}
