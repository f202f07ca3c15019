import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import ssh2, { type ParsedKey } from "ssh2";
import { asError } from "../tasks/taskError";
import { unlockKey } from "./unlockKey";

/** A key in a file: a private one, which may need a passphrase, or a public one, which names a key of the agent. */
export interface KeyFile {
  readonly path: string;
  readonly isPrivate: boolean;
  /** Its public half, as it is sent; undefined where only the whole key would tell, which is locked. */
  readonly publicKey: ParsedKey | undefined;
  readonly isLocked: boolean;
  /** Its private half; rejects with an Error when the passphrase is wrong. */
  unlock(passphrase: string): Promise<KeyObject>;
}

/** Reads a key file, and the `.pub` beside it. @returns an Error that says why it can't be used; undefined for none there. */
export async function readKeyFile(path: string): Promise<KeyFile | Error | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    return isMissing(error) ? undefined : asError(error);
  }
  const key = parse(bytes);
  const isLocked = key instanceof Error && /encrypted|passphrase/i.test(key.message);
  if (key instanceof Error && !isLocked) return key;
  return {
    path,
    isPrivate: key instanceof Error || key.isPrivateKey(),
    publicKey: key instanceof Error ? ((await readPublic(path)) ?? publicPart(bytes)) : key,
    isLocked,
    unlock: async (passphrase) =>
      key instanceof Error ? unlockKey(bytes, passphrase) : createPrivateKey(key.getPrivatePEM()),
  };
}

/** The hash of an ECDSA signature by the curve (RFC 5656, section 6.2.1). */
const hashOfCurve: Readonly<Record<string, string>> = {
  "ecdsa-sha2-nistp256": "sha256",
  "ecdsa-sha2-nistp384": "sha384",
  "ecdsa-sha2-nistp521": "sha512",
};

/** A signature as ssh2 takes it from keys. `hash` is the one agreed on, where there is a choice. */
export function signWith(key: KeyObject, type: string, data: Buffer, hash?: string): Buffer {
  const algorithm = type === "ssh-ed25519" ? null : (hash ?? hashOfCurve[type] ?? "sha1");
  return sign(algorithm, data, key);
}

/** The public key beside a private one, which may be nowhere but in the agent. */
export async function readPublic(path: string): Promise<ParsedKey | undefined> {
  try {
    const key = parse(await readFile(`${path}.pub`));
    return key instanceof Error ? undefined : key;
  } catch {
    return undefined; // there need not be one
  }
}

/** A key in OpenSSH's own format has its public half in clear (PROTOCOL.key). */
function publicPart(bytes: Buffer): ParsedKey | undefined {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END/.exec(
    bytes.toString("latin1"),
  );
  const blob = Buffer.from(base64?.[1] ?? "", "base64");
  const magic = "openssh-key-v1\0";
  if (blob.toString("latin1", 0, magic.length) !== magic) return undefined;
  let offset = magic.length;
  try {
    const field = (): Buffer => {
      const length = blob.readUInt32BE(offset);
      const start = offset + 4;
      offset = start + length;
      return blob.subarray(start, offset);
    };
    const [, , , count] = [field(), field(), field(), blob.readUInt32BE(offset)];
    offset += 4;
    const key = count === 1 ? field() : undefined;
    const type = key?.toString("latin1", 4, 4 + key.readUInt32BE(0));
    const parsed = key && parse(`${type} ${key.toString("base64")}`);
    return parsed instanceof Error ? undefined : parsed;
  } catch {
    return undefined; // cut off: whoever unlocks it is told more
  }
}

function parse(text: Buffer | string): ParsedKey | Error {
  try {
    return ssh2.utils.parseKey(text);
  } catch (error) {
    return asError(error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
