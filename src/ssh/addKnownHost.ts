import { createHmac, randomBytes } from "node:crypto";
import { appendFile, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { keyType } from "./knownHosts";

export interface NewKnownHost {
  /** As known_hosts files name hosts. */
  readonly name: string;
  readonly key: Buffer;
  /** Whether the name is written as its hash (ssh_config(5), HashKnownHosts). */
  readonly hashed: boolean;
}

/** Adds a line to a known_hosts file, as OpenSSH would; makes file and folder where there are none. Rejects with an Error. */
export async function addKnownHost(file: string, host: NewKnownHost): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const name = host.hashed ? hash(host.name) : host.name;
  const line = `${name} ${keyType(host.key)} ${host.key.toString("base64")}\n`;
  await appendFile(file, (await endsLine(file)) ? line : `\n${line}`, { mode: 0o600 });
}

/** `|1|salt|hash`, the hash being the HMAC-SHA1 of the name with the salt as its key (sshd(8)). */
function hash(name: string): string {
  const salt = randomBytes(20);
  const digest = createHmac("sha1", salt).update(name).digest("base64");
  return `|1|${salt.toString("base64")}|${digest}`;
}

/** Whether what is added would begin a line. */
async function endsLine(file: string): Promise<boolean> {
  const handle = await open(file, "r").catch(() => undefined);
  if (!handle) return true;
  try {
    const { size } = await handle.stat();
    if (size === 0) return true;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer.toString() === "\n";
  } finally {
    await handle.close();
  }
}
