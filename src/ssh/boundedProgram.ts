import { spawn } from "node:child_process";
import { killGroup } from "./killGroup";

/** How a program ended. */
export type ProgramEnd =
  | {
      readonly kind: "exited";
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    }
  /** There is no such program, or it may not be run. */
  | { readonly kind: "missing" }
  | { readonly kind: "tooSlow" }
  | { readonly kind: "tooLong" };

export interface ProgramBounds {
  readonly seconds: number;
  /** Of each of its two outputs. */
  readonly bytes: number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * Runs a program without a shell and without input, within bounds; one that goes beyond them is killed with all that it has
 * started in its process group. Rejects with an Error where the system has no means left to start it.
 */
export function runBounded(
  file: string,
  args: readonly string[],
  { seconds, bytes, env, cwd }: ProgramBounds,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const detached = process.platform !== "win32"; // a process group of its own
    const options = { detached, env, cwd, windowsHide: true };
    const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const finish = (end: ProgramEnd): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(end);
    };
    const abandon = (end: ProgramEnd): void => {
      killGroup(child, "SIGKILL");
      finish(end);
    };
    const timer = setTimeout(() => abandon({ kind: "tooSlow" }), seconds * 1000);
    const collect = (stream: NodeJS.ReadableStream): (() => string) => {
      const chunks: Buffer[] = [];
      let size = 0;
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > bytes) abandon({ kind: "tooLong" });
      });
      return () => Buffer.concat(chunks).toString("utf8");
    };
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    child.once("error", (error) => {
      clearTimeout(timer);
      if (isMissing(error)) resolve({ kind: "missing" });
      else reject(error);
    });
    // What it has started may hold its error output open for ever, so only the end of the other one is waited for.
    const ended = new Promise((done) => child.stdout.once("end", done));
    child.once("exit", (code) => {
      void ended.then(() =>
        finish({ kind: "exited", code: code ?? 255, stdout: stdout(), stderr: stderr() }),
      );
    });
  });
}

/** execve(2): nothing is there, or it is no program. */
function isMissing(error: NodeJS.ErrnoException): boolean {
  return ["ENOENT", "EACCES", "EPERM"].includes(error.code ?? "");
}
