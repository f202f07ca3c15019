import { Client, type ConnectConfig } from "ssh2";
import type { Limits } from "../tasks/limits";
import type { Logger } from "../tasks/logger";
import { asError, TaskError } from "../tasks/taskError";
import { abortable, asReason } from "./abortable";
import { Conversation } from "./conversation";
import { HostKeyCheck } from "./hostKeys";
import { HostNames } from "./hostNames";
import { keepalive } from "./keepalive";
import { PhaseTimer } from "./phaseTimer";
import type { SocketTarget } from "./openSocket";
import { askMs, PersonAsked } from "./personAsked";
import { Secrets } from "./secrets";
import { SignIn } from "./signIn";
import type { Unasked } from "./signInNotices";
import { StepReporter, type OnStep } from "./stepReporter";
import { openWay } from "./wayToHost";
import type { SshHostConfig } from "./hostConfig";
import {
  connectFailed,
  connectionDropped,
  notSsh,
  portInvalid,
  proxyCommandUnsupported,
} from "./sshErrors";

export interface ConnectParts {
  readonly logger: Logger;
  readonly limits: Pick<Limits, "connectSeconds" | "signInSeconds" | "deadLinkSeconds">;
  readonly names?: HostNames;
  /** See SocketTarget. */
  readonly allowed?: SocketTarget["allowed"];
  readonly allowedHop?: SocketTarget["allowedHop"];
  /** Where ssh-agent listens. */
  readonly agentSocket?: string | undefined;
  /** Asks the person; without it nobody is asked. */
  readonly secrets?: Secrets;
  /** Why there is this connection, where nobody has just asked for it: then the person says first whether to sign in. */
  readonly unasked?: Unasked | undefined;
  /** Told of the steps of each hop. */
  readonly onStep?: OnStep;
  /** Ends the attempt, with its questions. */
  readonly signal?: AbortSignal;
}

export interface SignedIn {
  readonly alias: string;
  readonly client: Client;
  /** Address the connection went to, "" behind a jump host. */
  readonly address: string;
  /** See WayToHost. */
  readonly addresses: readonly string[];
  /** What the server calls itself, "" when that did not come in one piece. */
  readonly version: string;
}

/**
 * Resolves the name, connects, agrees on keys, checks the host's own and signs in, each within its bound. Rejects with a
 * TaskError: `connectionDropped` when the server let go before it said who it is.
 */
export async function openSignedInClient(
  host: SshHostConfig,
  parts: ConnectParts,
): Promise<SignedIn> {
  const { logger, limits, names = new HostNames(), signal = new AbortController().signal } = parts;
  if (host.proxyCommand !== undefined) throw proxyCommandUnsupported(host.alias);
  const target = `${host.user}@${host.hostName}:${host.port}`;
  if (!(host.port > 0 && host.port < 65_536)) throw portInvalid(target);
  const log = (text: string): void => logger.debug(`${host.alias}: ${text}`);
  const over = new AbortController();
  const phase = new PhaseTimer(host.alias, limits.signInSeconds);
  const { hostKey, signIn } = await prepare(host, parts, phase, { over: over.signal, log });
  const steps = new StepReporter(host.alias, parts.onStep);
  const { hostName, port } = host;
  const { allowed, allowedHop } = parts;
  const seconds = limits.connectSeconds;
  const to = { hostName, port, target, allowed, allowedHop, seconds, steps };
  const openJump = (jump: SshHostConfig): Promise<SignedIn> => openSignedInClient(jump, parts);
  const way = await openWay(host, to, names, openJump);
  const client = new Client();
  // ssh2 reports an error more than once; without a listener that outlives the first, the second ends the process.
  client.on("error", (error) => logger.debug(`${target}: ${error.message}`));
  const seen = new Conversation(client, way.stream, log);
  steps.begin("hostKey");
  client.once("handshake", () => {
    steps.pass(hostKey.found);
    steps.begin("signIn");
  });
  try {
    const { seconds: silence, count: keepaliveCountMax } = keepalive(host, limits.deadLinkSeconds);
    const alive = { keepaliveInterval: Math.floor(silence * 1000), keepaliveCountMax };
    const settings = { sock: way.stream, username: host.user, ...alive };
    const ready = becomeReady(client, phase, () =>
      client.connect({ ...settings, ...proofs(hostKey, signIn) }),
    );
    await abortable(ready, signal);
  } catch (error) {
    client.destroy();
    way.stream.destroy();
    if (signal.aborted) throw asReason(signal);
    throw hostKey.refusal ?? translate(error, target, { signIn, seen });
  } finally {
    over.abort();
  }
  signIn.succeeded();
  steps.pass(`with ${signIn.method}`);
  const { address, addresses } = way;
  return { client, alias: host.alias, address, addresses, version: seen.greeting.version };
}

/** What proves the host to us and us to the host; both may ask the person, until the signal is aborted. */
async function prepare(
  host: SshHostConfig,
  { agentSocket, logger, secrets = new Secrets(undefined), unasked }: ConnectParts,
  phase: PhaseTimer,
  { over, log }: { readonly over: AbortSignal; readonly log: (text: string) => void },
): Promise<{ readonly hostKey: HostKeyCheck; readonly signIn: SignIn }> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(askMs)]);
  const onAsking = (asking: boolean): void => phase.pause(asking);
  const person = new PersonAsked(host, secrets, signal, onAsking, unasked);
  const hostKey = await HostKeyCheck.read(host, logger, { secrets, onAsking, signal });
  return { hostKey, signIn: new SignIn(host, agentSocket, person, log) };
}

/** How ssh2 asks for them; the phases have bounds of their own. */
function proofs(hostKey: HostKeyCheck, signIn: SignIn): ConnectConfig {
  return {
    hostVerifier: (key: Buffer, verified: (good: boolean) => void) =>
      void hostKey.verify(key).then(verified),
    algorithms: { serverHostKey: hostKey.algorithms as never },
    authHandler: signIn.handler,
    readyTimeout: 0,
  };
}

function becomeReady(client: Client, phase: PhaseTimer, connect: () => void): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    phase.expect("finish the key exchange", reject);
    client.once("handshake", () => phase.expect("finish the sign-in", reject));
    client.once("ready", resolve);
    client.on("error", (error) => {
      // The agent failing is no end: the next method is tried.
      if (!("level" in error && error.level === "agent")) reject(error);
    });
    client.once("close", () => reject(new Error("Connection closed")));
    connect();
  }).finally(() => phase.end());
}

function translate(
  error: unknown,
  target: string,
  { signIn, seen }: { readonly signIn: SignIn; readonly seen: Conversation },
): TaskError {
  const { greeting, signsIn, banner } = seen;
  if (error instanceof TaskError) return error;
  const cause = asError(error);
  const level = "level" in cause ? cause.level : undefined;
  if (level === "client-authentication") return signIn.refusal(target);
  if (signsIn && /^Too many authentication failures/.test(cause.message))
    return signIn.refusal(target, { tooMany: true });
  // Not where it is the link that is broken.
  if (signsIn && level === undefined) return signIn.cutOff(target, banner.trim());
  if (!greeting.isThere) return connectionDropped(target, error);
  return greeting.version === "" ? notSsh(target, greeting.start) : connectFailed(target, error);
}
