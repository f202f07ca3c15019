/** What one limit is when nobody sets it, and what it may be set to. */
export interface LimitRange {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

const MiB = 1024 * 1024;
const day = 24 * 3600;

/**
 * Every limit a person may set, by the name it has in the settings (`sshTasks.limits.NAME`), in `--limit NAME=VALUE` and
 * in the code. All are whole numbers; a name that ends in Seconds, Days or Bytes says its unit, the others count.
 */
export const limitRanges = {
  /** Tasks on one host at a time; more wait as `pending`. */
  maxRunningPerHost: range(20, 1, 1000),
  /** Tasks on all hosts at a time. */
  maxRunning: range(100, 1, 10_000),
  /** Between TERM and KILL of a cancel that names no other grace. */
  graceSeconds: range(5, 0, 30),
  /** Tasks that may wait for a place; a further one is refused. */
  maxWaiting: range(1000, 0, 100_000),
  /** Ended tasks kept; the oldest go first. */
  maxKept: range(1000, 0, 100_000),
  /** How long an ended task and its output are kept. */
  keepSeconds: range(7 * day, 10, 365 * day),
  /** Output in one result; a longer one has its beginning, its end, and the gap between them. */
  maxResultBytes: range(MiB, 4096, 16 * MiB),
  /** Output of all tasks kept in memory; beyond it the oldest ended tasks keep only a little of theirs. */
  maxOutputMemoryBytes: range(256 * MiB, 16 * MiB, 16_384 * MiB),

  /** Output that one stream of a durable task may keep on its host; beyond it the oldest is dropped. */
  maxSpoolBytes: range(1024 * MiB, 16 * MiB, 1024 * 1024 * MiB),
  /** After which the folder of a task that nobody came back for is removed from its host. */
  keepOnHostDays: range(7, 1, 3650),

  /** Connections to one host. */
  maxConnectionsPerHost: range(4, 1, 50),
  /** Tasks on one connection: half of OpenSSH's default MaxSessions (sshd_config(5)), so that a cancel always finds a channel. */
  maxTasksPerConnection: range(5, 1, 100),
  /** Sign-ins under way at one host: OpenSSH drops some of more than 10 (MaxStartups, sshd_config(5)). */
  maxHandshakesPerHost: range(4, 1, 50),
  /** How long an unused connection stays open. */
  idleConnectionSeconds: range(60, 1, day),
  /** For the name to be resolved, and again for the connection to be accepted. */
  connectSeconds: range(10, 1, 600),
  /** For the key exchange, and again for the sign-in. */
  signInSeconds: range(15, 1, 600),
  /** For a channel with a shell to open on a connection. */
  channelSeconds: range(10, 1, 600),
  /** For the host's shell, with its rc files, to start the command. */
  launchSeconds: range(30, 1, 3600),
  /** After which silence of a host its connection counts as lost. */
  deadLinkSeconds: range(15, 4, 3600),

  /** For the person to say whether an agent's command may run; after it, it may not. */
  consentSeconds: range(300, 10, 3600),
  /** How long "Always on this host" holds. */
  grantDays: range(30, 1, 365),

  /** Sessions of MCP clients over HTTP at a time; a new one takes the place of one that is idle. */
  maxMcpSessions: range(64, 1, 10_000),
  /** After which a session is closed in which nothing was under way and nobody listened; looked at once a minute. */
  mcpSessionIdleSeconds: range(30 * 60, 60, day),
  /** Requests of one session that are not answered yet; calls of the cancel tools may be as many again. */
  maxMcpRequestsPerSession: range(64, 1, 10_000),
  /** TCP connections of MCP clients at a time. */
  maxMcpConnections: range(256, 1, 10_000),
  /** One HTTP body. */
  maxMcpBodyBytes: range(MiB, 16 * 1024, 64 * MiB),
  /** For a client to send the head of a request. */
  mcpHeadersSeconds: range(10, 1, 600),
  /** For a client to send a whole request; an answer may stream for ever. */
  mcpRequestSeconds: range(30, 1, 3600),
  /** Between the signs of life on a stream that has nothing to say. */
  mcpKeepAliveSeconds: range(15, 1, 600),
  /** One line over standard input. */
  maxStdioLineBytes: range(10 * MiB, 16 * 1024, 64 * MiB),
  /** Answers over standard output that the client has not read, above which no more of its requests are read. */
  maxStdioUnreadBytes: range(16 * MiB, 64 * 1024, 256 * MiB),
} as const satisfies Readonly<Record<string, LimitRange>>;

export type LimitName = keyof typeof limitRanges;

/** The limits in force. Whoever uses one reads it anew each time: a person may change it meanwhile. */
export type Limits = Readonly<Record<LimitName, number>>;

export const limitNames = Object.keys(limitRanges) as LimitName[];

export const defaultLimits: Limits = pickDefaults();

/** What is wrong with a value for the limit, as a sentence; undefined when nothing is. */
export function whyNoLimit(name: LimitName, value: unknown): string | undefined {
  const { min, max } = limitRanges[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return undefined;
  }
  return `${name} must be a whole number from ${min} to ${max}`;
}

function range(fallback: number, min: number, max: number): LimitRange {
  return { default: fallback, min, max };
}

function pickDefaults(): Limits {
  const defaults = limitNames.map((name) => [name, limitRanges[name].default]);
  return Object.fromEntries(defaults) as Limits;
}
