import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";
import { repositoryRoot } from "./repo";
import type { Sshd } from "./sshd";

/** The headless server of dist/, in a process of its own. */
export interface Headless {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** All that came on standard output. */
  output(): string;
  /** The last of what it logged. */
  log(): string;
  /** A real MCP client with a session of its own. */
  connect(name?: string): Promise<Client>;
  /** Ends it as a user would, and resolves with its exit code. */
  close(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

const addressLine = z.object({ url: z.string(), token: z.string() });

/** What it may sign in with. */
export interface HeadlessSecrets {
  readonly environment?: Readonly<Record<string, string>>;
  /** What it reads from descriptor 3. */
  readonly secrets?: string;
}

/**
 * Starts `dist/headless.js --http` for the hosts of a server; resolves once it has said where it listens. `nodeFlags` are
 * for Node itself.
 */
export async function startHeadless(
  host: Pick<Sshd, "sshConfigFile" | "knownHostsFile">,
  flags: readonly string[] = ["--allow-all"],
  nodeFlags: readonly string[] = [],
  { environment = {}, secrets }: HeadlessSecrets = {},
): Promise<Headless> {
  const args = ["--ssh-config", host.sshConfigFile, "--known-hosts", host.knownHostsFile];
  const script = join(repositoryRoot(), "dist/headless.js");
  const child = spawn(process.execPath, [...nodeFlags, script, "--http", ...args, ...flags], {
    stdio: ["ignore", "pipe", "pipe", ...(secrets === undefined ? [] : (["pipe"] as const))],
    env: { ...process.env, ...environment },
  });
  const given = child.stdio[3];
  if (given instanceof Writable) given.on("error", () => undefined).end(secrets);
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error("The headless server has no pipes");
  let log = "";
  stderr.on("data", (bytes: Buffer) => (log = (log + bytes.toString()).slice(-1_000_000)));
  const exited = once(child, "exit").then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? null,
  );
  let output = "";
  stdout.on("data", (bytes: Buffer) => (output += bytes.toString()));
  const clients: Client[] = [];
  const first = await createInterface(stdout)[Symbol.asyncIterator]().next();
  if (first.done)
    throw new Error(`The headless server did not start:
${log}`);
  const { url, token } = addressLine.parse(JSON.parse(first.value));
  return {
    url,
    token,
    pid: child.pid ?? 0,
    exited,
    output: () => output,
    log: () => log,
    async connect(name = "test client") {
      const client = new Client({ name, version: "1.0.0" });
      const requestInit = { headers: { Authorization: `Bearer ${token}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
      clients.push(client);
      return client;
    },
    async close(signal = "SIGTERM") {
      await Promise.allSettled(clients.map((client) => client.close()));
      child.kill(signal);
      return exited;
    },
  };
}

/** Calls a tool and gives the object it answers with; a sentence comes as `{ error }`. */
export async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  const options = { timeout: 3_600_000, ...(signal && { signal }) };
  const answer = await client.callTool({ name, arguments: args }, undefined, options);
  const { result } = z.object({ result: z.unknown() }).parse(answer.structuredContent);
  return typeof result === "string"
    ? { error: result }
    : z.record(z.string(), z.unknown()).parse(result);
}
