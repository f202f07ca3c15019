import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Locator } from "playwright-core";
import { z } from "zod";
import type { Cleanup } from "../support/cleanup";
import { packageExtension } from "../support/packageExtension";
import type { Sshd } from "../support/sshd";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";
import { startHost } from "./bed";
import { floodCommand, floodRate, floodTarget, oneCipher, type Stream } from "./flood";
import { median, timeOf } from "./measure";
import { watchMemory } from "./memory";
import { openSsh } from "./openSsh";
import { digits, table, times, verdict } from "./report";
import type { Bench, Subject } from "./subject";

const rounds = 3;
const drawnWithinMs = 180_000;

/** A flood of output that the panel of a real VS Code draws. */
export const outputPanel: Subject = {
  name: "output-panel",
  programs: ["sshd", "ssh-keygen", "ssh", "chromium"],
  async measure(bench: Bench) {
    const vsix = await packageExtension();
    const rows = [
      await measureStream("stdout", vsix, bench),
      await measureStream("stderr", vsix, bench),
    ];
    const { minRatio, maxGrowthMiB } = floodTarget;
    const speed = ["`ssh` MiB/s", "task MiB/s", `to OpenSSH's (≥ ${minRatio} ×)`];
    const memory = ["extension host's MiB before", `grows by (< ${maxGrowthMiB} MiB)`];
    return table(["stream", ...speed, "last line drawn after its end, ms", ...memory], rows);
  },
};

/** How one flood went. */
interface Drawn {
  readonly taskMs: number;
  /** From the task's start to its last line on the screen. */
  readonly drawnMs: number;
  readonly startMiB: number;
  readonly grownMiB: number;
}

/** In a VS Code of its own: one that has taken a flood before has grown already. */
async function measureStream(
  stream: Stream,
  vsix: string,
  { cleanup, profiles }: Bench,
): Promise<string[]> {
  const host = await startHost(cleanup, { config: oneCipher });
  const ssh = await openSsh(host, cleanup);
  const panel = await Panel.open(host, vsix, cleanup);
  const theirs: number[] = [];
  const ours: Drawn[] = [];
  const endProfile = profiles === undefined ? undefined : await panel.profile(profiles);
  for (let round = 0; round < rounds; round++) {
    theirs.push(await timeOf(() => ssh.run(floodCommand(stream))));
    ours.push(await panel.draw(stream));
  }
  await endProfile?.();
  await panel.close();
  return row(stream, floodRate(median(theirs)), ours);
}

function row(stream: Stream, theirs: number, all: readonly Drawn[]): string[] {
  const ours = floodRate(median(all.map(({ taskMs }) => taskMs)));
  const growth = Math.max(...all.map(({ grownMiB }) => grownMiB));
  const late = median(all.map(({ taskMs, drawnMs }) => Math.max(0, drawnMs - taskMs)));
  return [
    stream,
    digits(theirs),
    digits(ours),
    verdict(times(ours / theirs), ours / theirs >= floodTarget.minRatio),
    digits(late),
    digits(all[0]?.startMiB ?? NaN),
    verdict(digits(growth), growth < floodTarget.maxGrowthMiB),
  ];
}

/** The panel of the packaged extension. */
class Panel {
  private constructor(
    private readonly vscode: VsCodeSession,
    private readonly alias: string,
    private readonly extensionHost: number,
  ) {}

  static async open(host: Sshd, extensionVsix: string, cleanup: Cleanup): Promise<Panel> {
    const vscode = await startVsCode({
      extensionVsix,
      settings: {
        "sshTasks.sshConfigFile": host.sshConfigFile,
        "sshTasks.knownHostsFile": host.knownHostsFile,
        "sshTasks.consent": { "*": "allow" },
      },
    });
    cleanup.add(() => vscode.close());
    await vscode.startMcp("mcp_ssh_tasks_ssh_run_async");
    const pid = z.number().parse(await vscode.evaluate("return process.pid"));
    const panel = new Panel(vscode, host.alias, pid);
    // The page is loaded and the connection open before anything is measured.
    await panel.show(await panel.start("echo warm"), "warm");
    return panel;
  }

  close(): Promise<void> {
    return this.vscode.close();
  }

  async draw(stream: Stream): Promise<Drawn> {
    const lastLine = `end-${randomBytes(4).toString("hex")}`;
    const stop = watchMemory(this.extensionHost);
    const start = performance.now();
    const id = await this.start(floodCommand(stream, lastLine));
    await this.show(id, lastLine);
    const drawnMs = performance.now() - start;
    const memory = stop();
    const taskMs = await this.taskMs(id);
    return { taskMs, drawnMs, startMiB: memory.start, grownMiB: memory.max - memory.start };
  }

  /** Profiles the extension host, until the function it gives is called. */
  async profile(folder: string): Promise<() => Promise<void>> {
    await this.vscode.evaluate(`
      const { Session } = process.getBuiltinModule("node:inspector/promises");
      companion.profiler = new Session();
      companion.profiler.connect();
      await companion.profiler.post("Profiler.enable");
      await companion.profiler.post("Profiler.start");`);
    const file = JSON.stringify(join(folder, `extension-host.${this.extensionHost}.cpuprofile`));
    return async () => {
      await this.vscode.evaluate(`
        const { profile } = await companion.profiler.post("Profiler.stop");
        process.getBuiltinModule("node:fs").mkdirSync(${JSON.stringify(folder)}, { recursive: true });
        process.getBuiltinModule("node:fs").writeFileSync(${file}, JSON.stringify(profile));`);
    };
  }

  private async start(command: string): Promise<string> {
    const answer = await this.call("ssh_run_async", { alias: this.alias, command });
    return z.object({ task_id: z.string() }).parse(answer).task_id;
  }

  private async show(id: string, lastLine: string): Promise<void> {
    const show = `vscode.commands.executeCommand("sshTasks.showTaskOutput", ${JSON.stringify(id)})`;
    await this.vscode.evaluate(`await ${show}`);
    await this.text(lastLine).waitFor({ timeout: drawnWithinMs });
  }

  private text(text: string): Locator {
    return this.vscode.page
      .frameLocator('iframe.webview[src*="extensionId=ssh-tasks.ssh-tasks"]')
      .frameLocator("iframe#active-frame")
      .locator(".xterm-rows")
      .getByText(text);
  }

  private async taskMs(id: string): Promise<number> {
    const answer = await this.call("ssh_get_task_status", { task_id: id });
    const done = z.object({ status: z.literal("completed"), elapsed_ms: z.number() }).parse(answer);
    return done.elapsed_ms;
  }

  private async call(tool: string, input: object): Promise<unknown> {
    // Nobody is there to agree, and what runs is ours.
    const answer = await this.vscode.evaluate(`
      await vscode.workspace.getConfiguration("chat.tools").update("global.autoApprove", true, 1);
      await vscode.commands.executeCommand("setContext", "vscode.chat.tools.global.autoApprove.testMode", true);
      const result = await vscode.lm.invokeTool("mcp_ssh_tasks_${tool}",
        { input: ${JSON.stringify(input)}, toolInvocationToken: undefined });
      return JSON.parse(result.content[0].value).result;`);
    return answer;
  }
}
