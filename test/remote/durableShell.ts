import { DurableFrames } from "../../src/ssh/durableFrames";
import { durableScript } from "../../src/ssh/remoteScripts";
import type { OutputStream } from "../../src/tasks/remoteHost";
import { eventually } from "../support/eventually";
import { startScript, type RemoteShell, type RunningScript } from "./remoteShell";

const spoolBytes = 1024 * 1024 * 1024;

/** What was said of a task. */
export interface Heard {
  /** What leader.sh said of itself, once it has. */
  started: readonly string[] | undefined;
  readonly stdout: Buffer[];
  readonly stderr: Buffer[];
  /** The words behind each `end ID`. */
  readonly ends: string[][];
}

/** durable.pl as a shell becomes it, and a client that asks it for tasks. */
export class DurableShell {
  private readonly heard = new Map<string, Heard>();
  private readonly running: RunningScript;
  private isReady = false;

  constructor(
    shell: RemoteShell,
    {
      before = "",
      edit = (script) => script,
      environment,
    }: {
      /** Shell text that comes first. */
      readonly before?: string;
      /** Makes the script another one than is sent. */
      readonly edit?: (script: string) => string;
      readonly environment: Record<string, string>;
    },
  ) {
    const script = `${before}\n${edit(durableScript("nonce", spoolBytes))}`;
    this.running = startScript(shell, script, { environment });
    const frames = new DurableFrames("nonce", {
      onWord: (word) => (this.isReady = word === "READY"),
      eventsOf: (taskId) => {
        const heard = this.of(taskId);
        return {
          onStarted: (words) => (heard.started = words),
          onOutput: (stream, bytes) => heard[stream].push(Buffer.from(bytes)),
          onGap: () => undefined,
          onEnd: (words) => heard.ends.push([...words]),
        };
      },
    });
    this.running.child.stdout?.on("data", (bytes: Buffer) => frames.push(bytes));
  }

  /** Of the process that follows, once it is ready. */
  async pid(): Promise<number> {
    await eventually("it is ready", () => this.isReady);
    return Number(this.running.child.pid);
  }

  of(taskId: string): Heard {
    const heard = this.heard.get(taskId) ?? {
      started: undefined,
      stdout: [],
      stderr: [],
      ends: [],
    };
    this.heard.set(taskId, heard);
    return heard;
  }

  text(taskId: string, stream: OutputStream = "stdout"): string {
    return Buffer.concat(this.of(taskId)[stream]).toString();
  }

  start(taskId: string, command: string, { merge = false } = {}): void {
    this.write(`start ${taskId} 0 ${merge ? 1 : 0} ${Buffer.byteLength(command)}\n${command}`);
  }

  follow(taskId: string): void {
    this.write(`follow ${taskId} 0 0\n`);
  }

  unfollow(taskId: string): void {
    this.write(`unfollow ${taskId}\n`);
  }

  /** Resolves with the words of its end, once that is known. */
  ended(taskId: string): Promise<string[]> {
    return eventually(`the end of ${taskId} is known`, () => this.of(taskId).ends.at(-1), 15_000);
  }

  /** As at the end of the channel; tasks run on. */
  async close(): Promise<void> {
    this.running.child.stdin?.end();
    await this.running.ended;
  }

  private write(text: string): void {
    this.running.child.stdin?.write(text);
  }
}
