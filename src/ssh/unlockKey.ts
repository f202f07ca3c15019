import type { KeyObject } from "node:crypto";
import { Worker } from "node:worker_threads";
import thread from "./unlockKeyThread.ts?thread";

/** What the thread is given. */
export interface LockedKey {
  readonly bytes: Uint8Array;
  readonly passphrase: string;
}

/** What it answers: the private key, or why there is none. */
export type UnlockedKey = { readonly key: KeyObject } | { readonly fault: string };

const seconds = 60;

/**
 * Unlocks a private key in a thread of its own (`unlockKeyThread.ts`): what keeps passphrases from being guessed takes
 * long, and nothing else may wait for it. Rejects with an Error that says why it can't be done, without the passphrase.
 */
export async function unlockKey(bytes: Buffer, passphrase: string): Promise<KeyObject> {
  const workerData: LockedKey = { bytes, passphrase };
  const worker = new Worker(thread, { eval: true, workerData });
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await new Promise<UnlockedKey>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`It took more than ${seconds} s`)), seconds * 1000);
      worker.once("message", resolve).once("error", reject);
      worker.once("exit", () => reject(new Error("The thread that unlocks keys has ended")));
    });
    if ("fault" in answer) throw new Error(answer.fault);
    return answer.key;
  } finally {
    clearTimeout(timer);
    void worker.terminate();
  }
}
