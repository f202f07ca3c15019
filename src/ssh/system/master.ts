import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { systemClock, within } from "../../tasks/clock";
import { addressDenied, asError } from "../../tasks/taskError";
import { visible } from "../../tasks/visibleText";
import { addKnownHost } from "../addKnownHost";
import { abortable } from "../abortable";
import type { SshHostConfig } from "../hostConfig";
import { HostNames } from "../hostNames";
import { killGroup } from "../killGroup";
import { fingerprint } from "../knownHosts";
import { PersonAsked } from "../personAsked";
import { PhaseTimer } from "../phaseTimer";
import { Secrets } from "../secrets";
import type { ConnectParts } from "../signedInClient";
import { connectFailed, nameUnanswered, signInGivenUp, sshMissing } from "../sshErrors";
import { withJumps } from "../wayToHost";
import { AskpassAnswers } from "./askpassAnswers";
import type { RuntimeFolder } from "./runtimeFolder";
import { masterArguments } from "./sshArguments";
import { sshFailure } from "./sshFailure";
import type { SshWords } from "./sshWords";

export interface MasterParts extends ConnectParts {
  readonly folder: RuntimeFolder;
}

/** What a person may take in all for the questions of one sign-in. */
const askMs = 300_000;
const killMs = 1000;

/** A process of ssh that has signed in to a host, and lets others share its connection (ssh(1), -M). */
export class Master {
  /** Resolves with ssh's last words once the process is gone. */
  readonly ended: Promise<string>;
  /** Address the connection went to, "" behind a jump host or a command. */
  address = "";
  /** See WayToHost. */
  addresses: readonly string[] = [];

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    readonly socket: string,
    private readonly words: SshWords,
    private readonly jump: Master | undefined,
  ) {
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => this.words.push(text));
    child.stderr.on("end", () => this.words.end());
    child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", () => resolve(this.words.kept));
    });
    void this.ended.then(() => jump?.end());
  }

  /** Connects and signs in, over the jump hosts before it. Rejects with a TaskError, or with the reason of the signal. */
  static async open(host: SshHostConfig, parts: MasterParts): Promise<Master> {
    const { jumps = [] } = host;
    const { signal = new AbortController().signal } = parts;
    await abortable(requireAllowed(host, parts), signal);
    const last = jumps.at(-1);
    const before = last && withJumps(last, jumps.slice(0, -1));
    const jump = before && { host: before, master: await Master.open(before, parts) };
    try {
      return await signIn(
        host,
        { ...parts, signal },
        jump,
        (...made) => new Master(...made, jump?.master),
      );
    } catch (error) {
      jump?.master.end();
      throw error;
    }
  }

  /** Once it has said that it is signed in. */
  arrived(hostName: string): void {
    const [, address = ""] =
      /^Authenticated to .* \((?:\[([^\]]+)\]:\d+|via proxy)\) using /m.exec(this.words.kept) ?? [];
    this.address = address;
    const literal = isIP(hostName) === 0 ? "" : hostName;
    this.addresses = this.jump ? [...this.jump.addresses, literal] : [address];
  }

  /** With what ssh leaves behind when it is killed, such as a ProxyCommand. */
  end(): void {
    killGroup(this.child, "SIGTERM");
    setTimeout(() => killGroup(this.child, "SIGKILL"), killMs).unref();
  }

  onReady(ready: () => void): void {
    this.child.stdout.on("data", (bytes: Buffer) => {
      if (/^READY$/m.test(bytes.toString("latin1"))) ready();
    });
  }
}

type Jump = { readonly host: SshHostConfig; readonly master: Master } | undefined;

async function signIn(
  host: SshHostConfig,
  parts: MasterParts & { readonly signal: AbortSignal },
  jump: Jump,
  create: (child: ChildProcessWithoutNullStreams, socket: string, words: SshWords) => Master,
): Promise<Master> {
  const { folder, limits, secrets = new Secrets(undefined) } = parts;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(askMs)]);
  const seconds = limits.connectSeconds;
  const phase = new PhaseTimer(host.alias, limits.connectSeconds + limits.signInSeconds);
  const onAsking = (asking: boolean): void => phase.pause(asking);
  const person = new PersonAsked(host, secrets, signal, onAsking, parts.unasked);
  const answers = new AskpassAnswers(host, { person, secrets, onAsking, signal });
  const asking = folder.askpass.register((question, gone) => answers.answer(question, gone));
  const socket = folder.next();
  const knownHosts = `${socket}.known`;
  await writeFile(knownHosts, "", { mode: 0o600 });
  const args = masterArguments(host, folder, {
    ...{ ...limits, socket, knownHosts, batch: !secrets.canAsk },
    jump: jump && { host: jump.host, socket: jump.master.socket },
  });
  const master = create(start(args, folder, asking.token), socket, answers.words);
  try {
    const ready = new Promise<void>((resolve, reject) => {
      phase.expect("finish the connection and the sign-in", reject);
      master.onReady(resolve);
      person.onGaveUp = () => reject(signInGivenUp(host.alias));
      void master.ended.then(async (text) => {
        if (/ENOENT/.test(text)) reject(sshMissing(host.alias));
        else reject(await sshFailure(host, { text, seconds }, answers.distrusted));
      });
    });
    await abortable(ready, parts.signal);
    person.wasRight();
    master.arrived(host.hostName);
    await remember(host, knownHosts, answers.trustedAlways, parts);
    return master;
  } catch (error) {
    answers.onFailure(error);
    master.end();
    throw error;
  } finally {
    phase.end();
    over.abort();
    asking.dispose();
    await rm(knownHosts, { force: true }).catch(() => undefined);
    void master.ended.then((words) => logWords(host.alias, words, parts));
  }
}

function start(
  args: readonly string[],
  folder: RuntimeFolder,
  token: string,
): ChildProcessWithoutNullStreams {
  const { DISPLAY = ":0", ...environment } = process.env;
  const asking = {
    SSH_ASKPASS: `${folder.path}/askpass`,
    SSH_ASKPASS_REQUIRE: "force",
    SSH_TASKS_ASKPASS: token,
    DISPLAY, // versions before 8.4 ask nobody without one
  };
  // In a session of its own ssh has no terminal to ask on.
  return spawn("ssh", args, { stdio: "pipe", detached: true, env: { ...environment, ...asking } });
}

/** Of the addresses of a name ssh may take any, so each must be allowed; where nobody knows the address, none is. */
async function requireAllowed(host: SshHostConfig, parts: MasterParts): Promise<void> {
  const { allowed, allowedHop, names = new HostNames(), limits } = parts;
  const { alias, hostName, jumps = [], proxyCommand, user, port } = host;
  if (!allowed) return;
  if (proxyCommand !== undefined) return allowedHop?.("");
  if (jumps.length > 0) return allowedHop?.(hostName);
  const target = `${user}@${hostName}:${port}`;
  const resolving = names.resolve(hostName).catch((error: unknown) => {
    throw connectFailed(target, error);
  });
  const found = await within(systemClock, limits.connectSeconds * 1000, resolving);
  if (!found) throw nameUnanswered(target, limits.connectSeconds);
  if ((await allowed(found)).length === found.length) return;
  throw addressDenied(
    alias,
    "its name has several addresses, and ssh may take one that is not allowed",
  );
}

/** Adds the key that was trusted for good to the user's own file, as OpenSSH would have. */
async function remember(
  host: SshHostConfig,
  knownHosts: string,
  trusted: string | undefined,
  { logger }: MasterParts,
): Promise<void> {
  const [file] = host.userKnownHostsFiles;
  if (trusted === undefined || file === undefined) return;
  try {
    for (const line of (await readFile(knownHosts, "utf8")).split("\n")) {
      const [name = "", , base64 = ""] = line.split(" ");
      const key = Buffer.from(base64, "base64");
      if (fingerprint(key) !== trusted) continue;
      await addKnownHost(file, { name, key, hashed: host.hashKnownHosts === true });
    }
  } catch (error) {
    logger.warn(`${file} can't be added to: ${asError(error).message}`);
  }
}

function logWords(alias: string, words: string, { logger }: MasterParts): void {
  for (const line of words.split(/\r?\n/))
    if (line !== "") logger.debug(`${alias}: ssh: ${visible(line)}`);
}
