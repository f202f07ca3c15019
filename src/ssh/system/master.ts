import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { createInterface, type Interface } from "node:readline";
import type { Logger } from "../../tasks/logger";
import { asError, type TaskError } from "../../tasks/taskError";
import { visible } from "../../tasks/visibleText";
import { addKnownHost } from "../addKnownHost";
import { abortable } from "../abortable";
import type { SshHostConfig } from "../hostConfig";
import { killGroup } from "../killGroup";
import { fingerprint } from "../knownHosts";
import { askMs, PersonAsked } from "../personAsked";
import { PhaseTimer } from "../phaseTimer";
import { Secrets } from "../secrets";
import type { ConnectParts } from "../signedInClient";
import { signInGivenUp } from "../signInErrors";
import { sshMissing } from "../sshErrors";
import { withJumps } from "../wayToHost";
import { agentHangs } from "./agentHangs";
import { AskpassAnswers } from "./askpassAnswers";
import type { DialogWords } from "./dialogWords";
import { requireAllowed } from "./requireAllowed";
import type { RuntimeFolder } from "./runtimeFolder";
import { masterArguments } from "./sshArguments";
import { sshFailure } from "./sshFailure";
import { keysAgreed } from "./sshWords";

export interface MasterParts extends ConnectParts {
  readonly folder: RuntimeFolder;
}

/** What of ssh's standard error is looked at. */
const maxWords = 262_144;
const killMs = 1000;

/** A process of ssh that has signed in to a host, and lets others share its connection (ssh(1), -M). */
export class Master {
  /** Resolves with ssh's last words once the process is gone. */
  readonly ended: Promise<string>;
  /** Address the connection went to, "" behind a jump host or a command. */
  address = "";
  /** See WayToHost. */
  addresses: readonly string[] = [];
  /** Told of each line that ssh writes. */
  onLine: (line: string) => void = () => undefined;
  private readonly lines: Interface;
  private words = "";
  private isIn = false;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    readonly socket: string,
    private readonly jump: Master | undefined,
  ) {
    child.stderr.setEncoding("utf8");
    this.lines = createInterface(child.stderr);
    this.lines.on("line", (line) => this.hear(line));
    child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", () => resolve(this.words));
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

  /** Once it has said that it is signed in: its notes count no more, of which each channel has some, and much output many. */
  arrived(hostName: string): void {
    const [, address = ""] =
      /^Authenticated to .* \((?:\[([^\]]+)\]:\d+|via proxy)\) using /m.exec(this.words) ?? [];
    this.address = address;
    this.isIn = true;
    const literal = isIP(hostName) === 0 ? "" : hostName;
    this.addresses = this.jump ? [...this.jump.addresses, literal] : [address];
  }

  /** With what ssh leaves behind when it is killed, such as a ProxyCommand. */
  end(): void {
    killGroup(this.child, "SIGTERM");
    setTimeout(() => killGroup(this.child, "SIGKILL"), killMs).unref();
  }

  onAgreed(agreed: () => void): void {
    this.lines.on("line", (line) => {
      if (keysAgreed.test(line)) agreed();
    });
  }

  onReady(ready: () => void): void {
    this.child.stdout.on("data", (bytes: Buffer) => {
      if (/^READY$/m.test(bytes.toString("latin1"))) ready();
    });
  }

  private hear(line: string): void {
    if (line === "" || (this.isIn && line.startsWith("debug"))) return;
    this.words = `${this.words}${line}\n`.slice(-maxWords);
    this.onLine(line);
  }
}

type Jump = { readonly host: SshHostConfig; readonly master: Master } | undefined;

async function signIn(
  host: SshHostConfig,
  parts: MasterParts & { readonly signal: AbortSignal },
  jump: Jump,
  create: (child: ChildProcessWithoutNullStreams, socket: string) => Master,
): Promise<Master> {
  const { folder, limits, logger, secrets = new Secrets(undefined) } = parts;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(askMs)]);
  const phase = new PhaseTimer(host.alias, limits.connectSeconds + limits.signInSeconds);
  const onAsking = (asking: boolean): void => phase.pause(asking);
  const person = new PersonAsked(host, secrets, signal, onAsking, parts.unasked);
  const answers = new AskpassAnswers(host, { person, secrets, onAsking, signal });
  const asking = folder.askpass.register((question, gone) => answers.answer(question, gone));
  const socket = folder.next();
  const knownHosts = `${socket}.known`;
  await writeFile(knownHosts, "", { mode: 0o600 });
  const [batch, withoutAgent] = [!secrets.canAsk, await agentHangs(host)];
  const facts = { batch, agentHangs: withoutAgent, gave: (text: string) => answers.gave(text) };
  const args = masterArguments(host, folder, {
    ...{ ...limits, socket, knownHosts, batch, withoutAgent },
    jump: jump && { host: jump.host, socket: jump.master.socket },
  });
  const master = create(start(args, folder, asking.token), socket);
  master.onLine = logLines(host.alias, logger, answers.words);
  const gaveUp = whenGivenUp(person, host.alias);
  const refused = async (text: string): Promise<TaskError> =>
    /ENOENT/.test(text)
      ? sshMissing(host.alias)
      : sshFailure(host, { text, seconds: limits.connectSeconds, facts }, answers.distrusted);
  try {
    const ready = Promise.race([gaveUp, becomeReady(master, phase, refused)]);
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
  }
}

function whenGivenUp(person: PersonAsked, alias: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    person.onGaveUp = () => reject(signInGivenUp(alias));
  });
}

/** Rejects with what `refused` makes of its words where it ends before. */
function becomeReady(
  master: Master,
  phase: PhaseTimer,
  refused: (words: string) => Promise<TaskError>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    phase.expect("finish the key exchange", reject);
    master.onAgreed(() => phase.expect("finish the sign-in", reject));
    master.onReady(resolve);
    void master.ended.then(async (words) => reject(await refused(words)));
  });
}

/** Has the dialog hear each line, and the log those that matter. Notes of ssh's count until it is signed in: later ones may have commands in them. */
function logLines(alias: string, logger: Logger, words: DialogWords): (line: string) => void {
  let isNoted = true;
  return (line) => {
    words.hear(line);
    if (/^debug[2-9]: /.test(line)) return; // for DialogWords alone
    if (isNoted || !line.startsWith("debug")) logger.debug(`${alias}: ssh: ${visible(line)}`);
    isNoted &&= !line.startsWith("Authenticated to ");
  };
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
