import { readFileSync } from "node:fs";
import attached from "../../src/remote/attached.sh";
import control from "../../src/remote/control.sh";
import folder from "../../src/remote/folder.sh";
import ladder from "../../src/remote/ladder.sh";
import leader from "../../src/remote/leader.sh";
import members from "../../src/remote/members.sh";
import runner from "../../src/remote/runner.sh";
import report from "../../src/remote/report.sh";
import sweep from "../../src/remote/sweep.sh";
import { reaperScript as reaper } from "../../src/ssh/remoteScripts";
import { eventually } from "../support/eventually";
import { uniqueMarker } from "../support/processes";
import { quote, startScript, type RemoteShell, type RunningScript } from "./remoteShell";

/** Everything that answers for tasks, not called yet. */
export const controlFunctions = [folder, members, ladder, report, sweep, control].join("\n");

/** What a script has to say instead where its host has no perl. */
export const withoutPerl = "st_find_perl() { st_perl=''; }";

/** An id that no other task has. */
export const newTaskId = (): string => `build01:${uniqueMarker()}:1`;

/** The boot of this machine, as a main process gives it. */
export const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Runs a command as a task, by the script as it is sent. */
export function startTask(
  shell: RemoteShell,
  command: string,
  parts: {
    readonly taskId?: string;
    readonly environment?: Record<string, string>;
    /** Shell text that replaces functions of the script. */
    readonly instead?: string;
  } = {},
): RunningScript {
  // busybox's programs come first where the shell is busybox, but it is not all that commands use.
  const line = `PATH=$PATH:/usr/bin:/bin; ${command}`;
  const texts = [leader, runner, reaper, line].map(quote).join(" ");
  const call = `st_attached nonce '${parts.taskId ?? newTaskId()}' ${texts}`;
  return startScript(
    shell,
    [folder, members, ladder, attached, parts.instead ?? "", call].join("\n"),
    {
      environment: { SHELL: "/bin/bash", ...parts.environment },
    },
  );
}

/** Lets a task know that its end was heard, and gives all it printed. */
export async function finish(running: RunningScript): Promise<{ stdout: string; stderr: string }> {
  await running.prints("nonce END");
  running.child.stdin?.end("done\n");
  return running.ended;
}

/** What a main process says of itself. */
export interface Main {
  readonly leader: string;
  readonly supervisor: string;
  readonly reaper: string;
}

/** The main process of a task and what waits for it, as the task gave them. */
export async function mainOf(running: RunningScript): Promise<Main> {
  const begin = /\nnonce BEGIN (\d+) (\d+) \S+ (\d+) (\S+)\n/;
  const [, pid, start, supervisor = "", reaper = ""] = await eventually(
    "it says who it is",
    () => begin.exec(running.stdout()) ?? undefined,
  );
  return { leader: `${pid}:${start}`, supervisor, reaper };
}

/** What is asked about a task; "-" is not known. */
export interface Question {
  readonly taskId?: string;
  readonly leader?: string;
  readonly supervisor?: string;
  readonly reaper?: string;
  readonly boot?: string;
  /** Hundredths of a second. */
  readonly grace?: number;
}

/** One request and what was answered. */
export interface Asked {
  readonly nonce: string;
  /** Its lines so far, without the nonce. */
  readonly lines: () => string[];
  /** Resolves with all of its lines once the last has come. */
  readonly ended: () => Promise<string[]>;
}

/** A control script that runs in a shell and is asked about tasks. */
export class ControlShell {
  readonly running: RunningScript;
  private asked = 0;

  constructor(
    shell: RemoteShell,
    {
      before = "",
      instead = "",
      environment = {},
    }: {
      readonly before?: string;
      readonly instead?: string;
      readonly environment?: Record<string, string>;
    } = {},
  ) {
    const script = [before, controlFunctions, instead, "st_control control"].join("\n");
    this.running = startScript(shell, script, { environment });
  }

  ask(verb: "cancel" | "list", question: Question = {}): Asked {
    const nonce = `n${++this.asked}`;
    const { taskId = newTaskId(), leader = "-", supervisor = "-" } = question;
    const { boot = bootId, grace = 500, reaper = "-" } = question;
    this.write([verb, nonce, taskId, leader, boot, supervisor, reaper, grace].join(" "));
    const lines = (): string[] =>
      this.running
        .stdout()
        .split("\n")
        .slice(0, -1)
        .filter((line) => line.startsWith(`${nonce} `))
        .map((line) => line.slice(nonce.length + 1));
    const hasEnded = (): boolean => lines().some((line) => line.startsWith("END "));
    const ended = async (): Promise<string[]> => {
      await eventually(`${verb} is answered to its end`, hasEnded, 15_000);
      return lines();
    };
    return { nonce, lines, ended };
  }

  force({ nonce }: Asked): void {
    this.write(`force ${nonce}`);
  }

  write(line: string): void {
    this.running.child.stdin?.write(`${line}\n`);
  }

  end(): void {
    this.running.child.stdin?.end();
  }
}
