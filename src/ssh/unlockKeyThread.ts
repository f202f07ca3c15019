// A worker thread: see unlockKey.ts.
import { createPrivateKey } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { parseKey } from "ssh2/lib/protocol/keyParser.js";
import type { LockedKey, UnlockedKey } from "./unlockKey";

parentPort?.postMessage(unlock(workerData as LockedKey));

function unlock({ bytes, passphrase }: LockedKey): UnlockedKey {
  try {
    const key = parseKey(Buffer.from(bytes), passphrase);
    return key instanceof Error
      ? { fault: key.message }
      : { key: createPrivateKey(key.getPrivatePEM()) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : "unknown" };
  }
}
