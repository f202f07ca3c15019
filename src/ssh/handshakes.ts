import type { Limits } from "../tasks/limits";
import { TaskError } from "../tasks/taskError";

/** Pauses before the further attempts, in ms; each is taken between half and one and a half times as long. */
const retryPauses = [250, 500, 1000, 2000];

/**
 * The sign-ins at one server, a few at a time. sshd drops connections at random when too many are signing in
 * (MaxStartups, sshd_config(5)): such a one is tried again.
 */
export class Handshakes {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limits: Pick<Limits, "maxHandshakesPerHost">) {}

  /** Opens a connection in its turn; one that is urgent waits for nobody. Rejects as the last attempt does. */
  async open<T>(open: () => Promise<T>, { urgent }: { readonly urgent: boolean }): Promise<T> {
    if (urgent || this.underWay < this.limits.maxHandshakesPerHost) this.underWay++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await openPatiently(open);
    } finally {
      this.leave();
    }
  }

  /** Hands the place over to the next in line, so that nobody takes it between. */
  private leave(): void {
    const next =
      this.underWay <= this.limits.maxHandshakesPerHost ? this.waiting.shift() : undefined;
    if (next) next();
    else this.underWay--;
  }
}

async function openPatiently<T>(open: () => Promise<T>): Promise<T> {
  for (const pause of retryPauses) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof TaskError) || error.code !== "connectionDropped") throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
  }
  return open();
}
