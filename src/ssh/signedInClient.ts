import type { Socket } from "node:net";
import { Client } from "ssh2";
import type { Limits } from "../tasks/limits";
import type { Logger } from "../tasks/logger";
import { asError, TaskError } from "../tasks/taskError";
import { HostKeyCheck } from "./hostKeys";
import { HostNames } from "./hostNames";
import { PhaseTimer } from "./phaseTimer";
import { openSocket, type SocketTarget } from "./openSocket";
import { PersonAsked } from "./personAsked";
import { Secrets } from "./secrets";
import { SignIn } from "./signIn";
import type { SshHostConfig } from "./sshConfigFile";
import { connectFailed, connectionDropped, portInvalid } from "./sshErrors";

export interface ConnectParts {
  readonly logger: Logger;
  readonly limits: Pick<Limits, "connectSeconds" | "signInSeconds" | "deadLinkSeconds">;
  readonly names?: HostNames;
  /** See SocketTarget. */
  readonly allowed?: SocketTarget["allowed"];
  /** Where ssh-agent listens. */
  readonly agentSocket?: string | undefined;
  /** Asks the person; without it nobody is asked. */
  readonly secrets?: Secrets;
}

export interface SignedIn {
  readonly client: Client;
  /** Address the connection went to. */
  readonly address: string;
  /** What the server calls itself, "" when that did not come in one piece. */
  readonly version: string;
}

/** Questions that may stay unanswered before a link counts as dead. */
const unansweredQuestions = 3;

/**
 * Resolves the name, connects, agrees on keys, checks the host's own and signs in, each within its bound. Rejects with a
 * TaskError: `connectionDropped` when the server let go before it said who it is.
 */
export async function openSignedInClient(
  host: SshHostConfig,
  parts: ConnectParts,
): Promise<SignedIn> {
  const {
    allowed,
    logger,
    limits,
    names = new HostNames(),
    secrets = new Secrets(undefined),
  } = parts;
  const over = new AbortController();
  const phase = new PhaseTimer(host.alias, limits.signInSeconds);
  const onAsking = (asking: boolean): void => phase.pause(asking);
  const person = new PersonAsked(host, secrets, over.signal, onAsking);
  const signIn = new SignIn(host, parts.agentSocket, person);
  const hostKey = await HostKeyCheck.read(host, logger, { secrets, onAsking, signal: over.signal });
  const target = `${host.user}@${host.hostName}:${host.port}`;
  if (!(host.port > 0 && host.port < 65_536)) throw portInvalid(target);
  const where = { hostName: host.hostName, port: host.port, target, allowed };
  const socket = await openSocket({ ...where, seconds: limits.connectSeconds }, names);
  const client = new Client();
  // ssh2 reports an error more than once; without a listener that outlives the first, the second ends the process.
  client.on("error", (error) => logger.debug(`${target}: ${error.message}`));
  const greeting = watchGreeting(socket);
  try {
    await becomeReady(client, phase, () =>
      client.connect({
        sock: socket,
        username: host.user,
        hostVerifier: (key: Buffer, verified: (good: boolean) => void) =>
          void hostKey.verify(key).then(verified),
        algorithms: { serverHostKey: hostKey.algorithms as never },
        authHandler: signIn.handler,
        readyTimeout: 0, // the phases have bounds of their own
        ...keepalive(limits.deadLinkSeconds),
      }),
    );
  } catch (error) {
    client.destroy();
    socket.destroy();
    throw hostKey.refusal ?? translate(error, target, { signIn, greeted: greeting.seen });
  } finally {
    over.abort();
  }
  signIn.succeeded();
  return { client, address: socket.remoteAddress ?? "", version: greeting.version };
}

/** ssh2 gives up when a question is due and so many are unanswered; a second is left for the way. */
function keepalive(deadLinkSeconds: number) {
  const interval = ((deadLinkSeconds - 1) * 1000) / (unansweredQuestions + 1);
  return { keepaliveInterval: Math.floor(interval), keepaliveCountMax: unansweredQuestions };
}

/** What sshd says, before its version (RFC 4253, section 4.2), to those it drops; often it says nothing (sshd.c, drop_connection). */
const dropping = /^(Exceeded MaxStartups|Not allowed at this time)/;

/** Whether the server has said anything but that it drops us, and what it calls itself. */
function watchGreeting(socket: Socket): { seen: boolean; version: string } {
  const greeting = { seen: false, version: "" };
  socket.once("data", (bytes: Buffer) => {
    const text = bytes.toString("latin1", 0, 255);
    greeting.seen = !dropping.test(text);
    greeting.version = /^SSH-[\x20-\x7e]*/.exec(text)?.[0] ?? "";
  });
  return greeting;
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
  { signIn, greeted }: { readonly signIn: SignIn; readonly greeted: boolean },
): TaskError {
  if (error instanceof TaskError) return error;
  const seen = asError(error);
  const level = "level" in seen ? seen.level : undefined;
  if (level === "client-authentication") return signIn.refusal(target);
  return greeted ? connectFailed(target, error) : connectionDropped(target, error);
}
