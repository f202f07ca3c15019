import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Cleanup } from "../support/cleanup";
import { startDemoHost } from "../support/demoHost";
import { callTool, startHeadless, type Headless } from "../support/headless";
import type { Sshd, SshdOptions } from "../support/sshd";
import { openSsh, type OpenSsh } from "./openSsh";
import type { Bench } from "./subject";

type HostOptions = Pick<SshdOptions, "aliases" | "config">;

/** Calls a tool over HTTP as a real MCP client; rejects when it answers with an error. */
export type Call = (
  tool: string,
  args?: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

/** Where most subjects are measured: a host, OpenSSH's client and our headless server, both connected to it. */
export interface Bed {
  readonly host: Sshd;
  readonly ssh: OpenSsh;
  readonly server: Headless;
  readonly call: Call;
  /** Another client, for the next thousand calls: the SDK's own grows slower with each. */
  readonly connect: () => Promise<Call>;
}

/** A host for one run. It has no home: what rc files do there would be measured with every command, theirs and ours. */
export async function startHost(cleanup: Cleanup, options: HostOptions = {}): Promise<Sshd> {
  const host = await startDemoHost({ ...options, environment: { HOME: "/nonexistent" } });
  cleanup.add(() => host.close());
  return host;
}

/** Starts all of it; `nodeFlags` are for the server's Node. */
export async function startBed(
  { cleanup, profiles }: Bench,
  options: HostOptions = {},
  nodeFlags: readonly string[] = [],
): Promise<Bed> {
  const host = await startHost(cleanup, options);
  const ssh = await openSsh(host, cleanup);
  return { host, ssh, ...(await startServer({ cleanup, profiles }, host, nodeFlags)) };
}

/** Starts the server alone, for a host that others share; `flags` are for the server itself. */
export async function startServer(
  { cleanup, profiles }: Bench,
  host: Pick<Sshd, "sshConfigFile" | "knownHostsFile">,
  nodeFlags: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Pick<Bed, "server" | "call" | "connect">> {
  const profiling = profiles === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profiles];
  const server = await startHeadless(host, ["--allow-all", ...flags], [...nodeFlags, ...profiling]);
  cleanup.add(() => server.close());
  const connect = async (): Promise<Call> => caller(await server.connect("bench"));
  return { server, call: await connect(), connect };
}

function caller(client: Client): Call {
  return async (tool, args) => {
    const answer = await callTool(client, tool, args);
    if ("error" in answer) throw new Error(`${tool}: ${String(answer["error"])}`);
    return answer;
  };
}
