import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { run } from "./childProcesses";
import type { Headless } from "./headless";
import { repositoryRoot } from "./repo";
import type { Sshd } from "./sshd";
import { ensureInspector, ensureNode24 } from "./toolCache";

/** The command line of the MCP Inspector, with folders of its own, and one server it speaks to. */
export interface Inspector {
  /** The names of `tools/list`. */
  listTools(): Promise<string[]>;
  /** What a tool answers with. Rejects when the Inspector takes it for an error. */
  callTool(name: string, args?: object): Promise<unknown>;
  close(): Promise<void>;
}

const answerSchema = z.object({ result: z.unknown() });
const listSchema = z.object({ tools: z.array(z.object({ name: z.string() })) });
const callSchema = z.object({ structuredContent: answerSchema });

/** How it reaches a server: flags before `--`, and what comes after it. */
interface Target {
  readonly flags: readonly string[];
  readonly command: readonly string[];
}

/** Over HTTP, with the token in a header. */
export function inspectHttp({ url, token }: Pick<Headless, "url" | "token">): Promise<Inspector> {
  const header = `Authorization: Bearer ${token}`;
  return inspect({
    // Refused, it would otherwise open a browser to sign in.
    flags: ["--server-url", url, "--transport", "http", "--header", header, "--stored-auth-only"],
    command: [],
  });
}

/** Over the standard streams of a server that the Inspector starts for each call. */
export function inspectStdio(
  host: Pick<Sshd, "sshConfigFile" | "knownHostsFile">,
): Promise<Inspector> {
  const script = join(repositoryRoot(), "dist/headless.js");
  const files = ["--ssh-config", host.sshConfigFile, "--known-hosts", host.knownHostsFile];
  return inspect({
    flags: [],
    command: ["--", process.execPath, script, "--stdio", "--allow-all", ...files],
  });
}

async function inspect({ flags, command }: Target): Promise<Inspector> {
  const [node, script] = await Promise.all([ensureNode24(), ensureInspector()]);
  const home = await mkdtemp(join(tmpdir(), "ssh-tasks-inspector-"));
  const ask = async (...method: readonly string[]): Promise<unknown> => {
    const args = [script, "--cli", ...flags, "--format", "json", "--method", ...method, ...command];
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home };
    const printed = await run(node, args, { env, timeout: 60_000 });
    return answerSchema.parse(JSON.parse(printed)).result;
  };
  return {
    async listTools() {
      return listSchema.parse(await ask("tools/list")).tools.map(({ name }) => name);
    },
    async callTool(name, args = {}) {
      const json = ["--tool-args-json", JSON.stringify(args)];
      const answer = await ask("tools/call", "--tool-name", name, ...json);
      return callSchema.parse(answer).structuredContent.result;
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}
