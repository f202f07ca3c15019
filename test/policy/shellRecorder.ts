import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram } from "../support/childProcesses";

/** Each run of a program that a shell made, as its name and arguments. */
export type Runs = readonly (readonly string[])[];

export interface RecordedLine {
  readonly runs: Runs;
  /** Of the shell: 0 where it made sense of the line and nothing failed. */
  readonly status: number;
}

/** Shells to compare with, by their names. */
export const shells: Readonly<Record<string, readonly string[]>> = {
  dash: ["dash"],
  bash: ["bash"],
  "busybox ash": ["busybox", "ash"],
  zsh: ["zsh", "-f"],
};

/**
 * Has a real shell run lines of generated text. PATH is one fresh folder with nothing in it but recorders, the working
 * folder another that the shell can't write to, and as root all of it runs as nobody.
 */
export class ShellRecorder {
  private readonly root = mkdtempSync(join(tmpdir(), "ssh-tasks-policy-"));
  private readonly programs = mkdtempSync(join(this.root, "programs-"));
  private readonly folder = mkdtempSync(join(this.root, "folder-"));

  /** The names are those of the programs that lines may run. */
  constructor(names: readonly string[]) {
    // Descriptor 9 is the record: whatever runs inherits it, also in the background. One write for each run.
    const recorder = [
      `#!${requireProgram("dash")}`,
      "run=${0##*/}\x1f",
      "for word do run=$run$word\x1f; done",
      "printf '%s' \"$run\x1e\" >&9",
    ].join("\n");
    for (const name of names) writeFileSync(join(this.programs, name), recorder, { mode: 0o555 });
    writeFileSync(join(this.folder, "file1"), "");
    for (const folder of [this.root, this.programs, this.folder]) chmodSync(folder, 0o555);
  }

  dispose(): void {
    for (const folder of [this.root, this.programs, this.folder]) chmodSync(folder, 0o755);
    rmSync(this.root, { recursive: true });
  }

  /** Runs the lines one after the other, each until all that it started has ended. */
  async record(shell: readonly string[], lines: readonly string[]): Promise<RecordedLine[]> {
    const [file = "", ...flags] = shell;
    const command = [requireProgram("timeout"), "5", requireProgram(file), ...flags, "-c"]
      .map(quote)
      .join(" ");
    const script = lines.map(
      (line) =>
        `out=$(${command} ${quote(line)} 9>&1 </dev/null >/dev/null 2>&1)\nprintf '%s\\035%s\\034' "$out" "$?"`,
    );
    const output = await this.runAsNobody(script.join("\n"));
    return output.split("\x1c").slice(0, -1).map(readRecord);
  }

  private runAsNobody(script: string): Promise<string> {
    // libuv drops all groups along with the user.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const env = { PATH: this.programs };
    const child = spawn(requireProgram("dash"), ["-s"], {
      cwd: this.folder,
      env,
      stdio: ["pipe", "pipe", "ignore"],
      ...nobody,
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stdin.end(script);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", () => resolve(Buffer.concat(chunks).toString()));
    });
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function readRecord(record: string): RecordedLine {
  const [runs = "", status] = record.split("\x1d");
  return {
    runs: runs
      .split("\x1e")
      .slice(0, -1)
      .map((run) => run.split("\x1f").slice(0, -1)),
    status: Number(status),
  };
}
