import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eventually } from "./eventually";
import { repositoryRoot } from "./repo";
import type { Sshd } from "./sshd";

interface Reply {
  readonly jsonrpc: string;
  readonly id: number | null;
  readonly result?: Record<string, unknown>;
}

/** `dist/headless.js --stdio` in a process of its own, and the client at the other end of its pipes. */
export class StdioServer {
  /** All that came on standard output. */
  output = "";
  private log = "";
  private lastId = 0;
  private readonly exited: Promise<[number | null, NodeJS.Signals | null]>;

  private constructor(readonly child: ChildProcess) {
    this.exited = once(child, "exit") as StdioServer["exited"];
    child.stdin?.on("error", () => undefined);
    child.stdout?.on("data", (bytes: Buffer) => (this.output += bytes.toString()));
    child.stderr?.on(
      "data",
      (bytes: Buffer) => (this.log = `${this.log}${bytes.toString()}`.slice(-10_000)),
    );
  }

  /** Resolves once its client has initialized. */
  static async start(host: Pick<Sshd, "sshConfigFile" | "knownHostsFile">): Promise<StdioServer> {
    const files = ["--ssh-config", host.sshConfigFile, "--known-hosts", host.knownHostsFile];
    const script = join(repositoryRoot(), "dist/headless.js");
    const args = [script, "--stdio", "--allow-all", ...files];
    const server = new StdioServer(spawn(process.execPath, args, { stdio: "pipe" }));
    await server.reply(
      server.ask("initialize", {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "piped", version: "1" },
      }),
    );
    return server;
  }

  /** Sends a request and gives its id. */
  ask(method: string, params: object = {}): number {
    const id = ++this.lastId;
    this.child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return id;
  }

  callTool(name: string, args: object = {}): number {
    return this.ask("tools/call", { name, arguments: args });
  }

  reply(id: number): Promise<Reply> {
    return eventually(`${id} is answered; log: ${this.log}`, () =>
      this.replies().find((reply) => reply.id === id),
    );
  }

  /** Every whole line of standard output; throws when one is no JSON. */
  replies(): Reply[] {
    return this.output
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Reply);
  }

  /** Resolves with its exit code, or the signal that ended it, and how many milliseconds that took from now. */
  async end(): Promise<{ readonly how: number | string | null; readonly ms: number }> {
    const began = performance.now();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    const [code, signal] = await this.exited;
    clearTimeout(timer);
    return { how: code ?? signal, ms: performance.now() - began };
  }
}
