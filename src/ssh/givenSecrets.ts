import { closeSync, readFile } from "node:fs";
import { promisify } from "node:util";
import type { SecretQuestion, SignInPrompt } from "../tasks/signInPrompt";

/**
 * Secrets that were given beforehand, where there is nobody to ask: by the name `passphrase:FILE`, `password:ALIAS` or
 * `password:USER@HOST:PORT`. One that is wrong is given once.
 */
export class GivenSecrets implements SignInPrompt {
  readonly isPerson = false;

  constructor(private readonly secrets: ReadonlyMap<string, string>) {}

  askSecret({ alias, isRetry, name, purpose }: SecretQuestion): Promise<string | undefined> {
    if (isRetry || name === undefined) return Promise.resolve(undefined);
    return Promise.resolve(this.secrets.get(name) ?? this.secrets.get(`${purpose}:${alias}`));
  }

  trustHostKey(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/**
 * Reads secrets from variables of the environment, each setting being NAME=VARIABLE, and from a file descriptor that holds a
 * JSON object. The variables are gone from the environment then. @returns undefined where nothing was given.
 * Rejects with an Error that says what is wrong, without a secret.
 */
export async function readGivenSecrets(
  settings: readonly string[],
  descriptor: string | undefined,
): Promise<GivenSecrets | undefined> {
  const secrets = new Map<string, string>();
  for (const setting of settings) {
    const [, name = "", variable = ""] = /^((?:passphrase|password):.+)=(\w+)$/.exec(setting) ?? [];
    const secret = process.env[variable];
    if (name === "" || secret === undefined)
      throw new Error(
        `--secret-env takes passphrase:FILE or password:ALIAS, = and a variable that is set.`,
      );
    secrets.set(name, secret);
  }
  for (const setting of settings) Reflect.deleteProperty(process.env, setting.replace(/^.*=/, ""));
  if (descriptor !== undefined)
    for (const [name, secret] of await readDescriptor(descriptor)) secrets.set(name, secret);
  return secrets.size > 0 ? new GivenSecrets(secrets) : undefined;
}

async function readDescriptor(descriptor: string): Promise<[string, string][]> {
  const wrong = new Error(
    "--secrets-fd takes the number of a descriptor with a JSON object of strings.",
  );
  if (!/^\d{1,4}$/.test(descriptor)) throw wrong;
  let value: unknown;
  try {
    value = JSON.parse(await readToEnd(Number(descriptor)));
  } catch {
    throw wrong; // the parser's own sentence quotes what it read
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong;
  return Object.entries(value).map(([name, secret]): [string, string] => {
    if (typeof secret !== "string") throw wrong;
    return [name, secret];
  });
}

/** Of a file, a pipe or a socket, which can't be opened by its name. No process that is started later has it. */
async function readToEnd(descriptor: number): Promise<string> {
  const text = await promisify(readFile)(descriptor, "utf8");
  closeSync(descriptor);
  return text;
}
