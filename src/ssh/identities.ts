import type { KeyObject } from "node:crypto";
import ssh2, { type BaseAgent, type ParsedKey } from "ssh2";
import { systemClock, within } from "../tasks/clock";
import { agentSeconds } from "./agentSocket";
import { IdentityAgent } from "./identityAgent";
import { readKeyFile, readPublic, signWith, type KeyFile } from "./keyFile";
import type { SshHostConfig } from "./hostConfig";
import type { Untried } from "./signInErrors";

/** A key to sign in with. */
export interface Identity {
  /** For messages: where it comes from. */
  readonly description: string;
  /** Resolves with it as ssh2 takes it; rejects with an Error where it can't be had. */
  open(): Promise<IdentityAgent>;
}

export interface Identities {
  /** In the order in which OpenSSH tries them (ssh_config(5), IdentityFile and IdentitiesOnly). */
  readonly usable: readonly Identity[];
  /** What is not among them, and why. */
  readonly untried: readonly Untried[];
}

/** Gets the private half of a key file, by a passphrase where it needs one. Rejects with an Error. */
export type Unlock = (file: KeyFile) => Promise<KeyObject>;

/** The keys of the agent and of files that a host may be signed in to with. Never rejects. */
export async function listIdentities(
  host: SshHostConfig,
  agentSocket: string | undefined,
  unlock: Unlock,
): Promise<Identities> {
  const untried: Untried[] = [];
  const files = await Promise.all(host.identityFiles.map((path) => readKeyFile(path)));
  const held = await listHeld(agentSocket, untried);
  const named: Identity[] = [];
  const fromFiles: Identity[] = [];
  for (const [index, path] of host.identityFiles.entries()) {
    const file = files[index];
    const publicKey = file && !(file instanceof Error) ? file.publicKey : await readPublic(path);
    const inAgent = publicKey && held.keys.find((key) => isSame(key, publicKey));
    if (inAgent) named.push(heldIdentity(held.agent, inAgent, `${path} in the agent`));
    else if (file instanceof Error) untried.push({ what: path, why: "file", detail: file.message });
    else if (file?.isPrivate) fromFiles.push(fileIdentity(file, unlock));
  }
  const others = host.identitiesOnly ? [] : held.keys.filter((key) => !isNamed(key, files));
  const unnamed = others.map((key) => heldIdentity(held.agent, key, describeHeld(key)));
  return { usable: [...named, ...unnamed, ...fromFiles], untried };
}

interface Held {
  readonly agent: BaseAgent<ParsedKey> | undefined;
  readonly keys: readonly ParsedKey[];
}

async function listHeld(socket: string | undefined, untried: Untried[]): Promise<Held> {
  if (socket === undefined) return { agent: undefined, keys: [] };
  const agent = ssh2.createAgent(socket) as BaseAgent<ParsedKey>;
  const listing = new Promise<readonly ParsedKey[] | Error>((resolve) =>
    agent.getIdentities((error, keys = []) => resolve(error ?? keys.filter(isParsed))),
  );
  const keys = await within(systemClock, agentSeconds * 1000, listing);
  const unused = (detail: string) => untried.push({ what: "the agent", why: "agent", detail });
  if (keys instanceof Error) unused(keys.message);
  else if (keys?.length === 0) unused("it has no keys");
  else if (!keys) unused("it does not answer");
  else return { agent, keys };
  return { agent: undefined, keys: [] };
}

function isParsed(key: object): key is ParsedKey {
  return "getPublicSSH" in key;
}

function isSame(one: ParsedKey, other: ParsedKey): boolean {
  return one.getPublicSSH().equals(other.getPublicSSH());
}

function isNamed(key: ParsedKey, files: readonly (KeyFile | Error | undefined)[]): boolean {
  return files.some(
    (file) => file && !(file instanceof Error) && file.publicKey && isSame(file.publicKey, key),
  );
}

function describeHeld({ type, comment }: ParsedKey): string {
  return `the agent's key ${comment === "" ? type : comment}`;
}

function heldIdentity(
  agent: BaseAgent<ParsedKey> | undefined,
  key: ParsedKey,
  description: string,
): Identity {
  const sign = (data: Buffer, hash: string | undefined): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const options = hash === undefined ? {} : { hash: hash as "sha1" | "sha256" | "sha512" };
      agent?.sign(key, data, options, (error, signature) => {
        if (signature) resolve(Buffer.from(signature));
        else reject(error ?? new Error("The agent gave no signature"));
      });
    });
  return { description, open: () => Promise.resolve(new IdentityAgent(key, sign)) };
}

function fileIdentity(file: KeyFile, unlock: Unlock): Identity {
  const open = async (): Promise<IdentityAgent> => {
    let key: KeyObject | undefined;
    const publicKey = file.publicKey ?? publicOf((key = await unlock(file)));
    return new IdentityAgent(publicKey, async (data, hash) => {
      key ??= await unlock(file);
      return signWith(key, publicKey.type, data, hash);
    });
  };
  return { description: file.path, open };
}

/** Of a key in one of the older formats, which ssh2 reads without its passphrase. */
function publicOf(key: KeyObject): ParsedKey {
  const type = key.asymmetricKeyType === "ec" ? "sec1" : "pkcs1";
  const parsed = ssh2.utils.parseKey(key.export({ type, format: "pem" }));
  if (parsed instanceof Error) throw parsed;
  return parsed;
}
