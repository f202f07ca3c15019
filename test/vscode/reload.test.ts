import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { z } from "zod";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { extensionVsix } from "../support/repo";
import { startSshd, type Sshd } from "../support/sshd";
import { ensureTestUser } from "../support/testUser";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

const lines = 120;

const answers = z.object({
  task_id: z.string(),
  exit_code: z.number().optional(),
  output: z.string().default(""),
});

// A durable task in a real VS Code whose window, and then whose extension host, goes while it prints.
describe("a durable task in a real VS Code", { timeout: 240_000 }, () => {
  const marker = uniqueMarker();
  let host: Sshd;
  let vscode: VsCodeSession;
  const goOnFiles: string[] = [];
  before(async () => {
    const user = await ensureTestUser();
    host = await startSshd({ aliases: ["build01"], user: user.name });
    vscode = await startVsCode({
      extensionVsix: extensionVsix(),
      settings: {
        "sshTasks.sshConfigFile": host.sshConfigFile,
        "sshTasks.knownHostsFile": host.knownHostsFile,
        "sshTasks.consent": { "*": "allow" },
      },
    });
    await vscode.enableAgentMode();
    await vscode.setTheme("Default Dark Modern");
  });
  after(async () => {
    await vscode.close();
    await killAll(marker);
    for (const file of goOnFiles) rmSync(file);
    await host.close();
  });

  const row = (title: string): Locator => vscode.page.getByRole("treeitem", { name: title });
  const panel = (): FrameLocator => panelOf(vscode.page);
  const panelOf = (page: Page): FrameLocator =>
    page
      .frameLocator(`iframe.webview[src*="extensionId=ssh-tasks.ssh-tasks"]`)
      .frameLocator("iframe#active-frame");

  /** Starts it as a person does; it prints half of its lines, waits to be told, prints the others, then exits with 7. */
  async function startPrinting(title: string): Promise<void> {
    const wait = `[ $i -ne ${lines / 2} ] || until [ -e ${goOnFile(title)} ]; do sleep 0.1; done`;
    const step = `echo ${title} line $i; sleep 0.01; ${wait}`;
    const loop = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); ${step}; done`;
    const command = `: ${title}; sleep ${marker}.1 & ${loop}; kill $!; exit 7`;
    await vscode.evaluate(`void vscode.commands.executeCommand("sshTasks.runTask")`);
    await vscode.page.getByText("Choose the host to run on").or(quickInput()).first().waitFor();
    await vscode.page.keyboard.press("Enter");
    await vscode.page.getByText("Runs on build01").waitFor();
    await vscode.page.keyboard.type(command);
    await vscode.page.keyboard.press("Enter");
    await eventually("it runs", () => findProcesses(marker).length > 0);
  }

  const goOnFile = (title: string): string => join(tmpdir(), `${marker}-${title}`);
  const goOn = (title: string): void => {
    writeFileSync(goOnFile(title), "");
    goOnFiles.push(goOnFile(title));
  };

  const quickInput = (): Locator => vscode.page.locator(".quick-input-list .monaco-list-row");

  /** What a tool answers of the newest task. */
  async function newest(tool: string): Promise<z.infer<typeof answers>> {
    await vscode.startMcp(`mcp_ssh_tasks_${tool}`);
    const answer = await vscode.evaluate(`
      const call = async (tool, input) => JSON.parse(
        (await vscode.lm.invokeTool("mcp_ssh_tasks_" + tool, { input, toolInvocationToken: undefined }))
          .content[0].value).result;
      const [{ task_id }] = (await call("ssh_list_tasks", { limit: 1 })).tasks;
      return { task_id, ...await call("${tool}", { task_id }) };`);
    return answers.parse(answer);
  }

  function assertComplete(title: string, output: string): void {
    const expected = Array.from({ length: lines }, (_, i) => `${title} line ${i + 1}`);
    assert.equal(output, expected.join("\n"));
  }

  it(
    "is there after a reload of the window, with all of its output and its exit code",
    { timeout: 90_000 },
    async () => {
      await startPrinting("reloaded");
      await vscode.reload();
      goOn("reloaded");
      await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
      await row("reloaded").waitFor();

      const { task_id } = await newest("ssh_get_task_status");
      await vscode.evaluate(
        `await vscode.commands.executeCommand("sshTasks.showTaskOutput", ${JSON.stringify(task_id)})`,
      );
      await panel().locator(".xterm-rows").getByText(`reloaded line ${lines}`).waitFor();

      await panel().getByText("Failed (7)").first().waitFor();
      await vscode.screenshot("reloaded-task-dark");
      const { exit_code, output } = await newest("ssh_get_task_result");
      assert.equal(exit_code, 7);
      assertComplete("reloaded", output);
    },
  );

  it("is there after the extension host was killed", { timeout: 120_000 }, async () => {
    await startPrinting("crashed");
    const pid = Number(await vscode.evaluate("return process.pid"));

    process.kill(pid, "SIGKILL");

    await eventually(
      "another extension host is there",
      async () => {
        const next = await vscode.evaluate("return process.pid").catch(() => pid);
        return Number(next) !== pid;
      },
      60_000,
    );
    goOn("crashed");
    await eventually("it has ended", () => findProcesses(marker).length === 0, 30_000);
    await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
    await row("crashed").waitFor();
    await eventually(
      "its end is known",
      async () => {
        return (await newest("ssh_get_task_status")).exit_code === 7;
      },
      20_000,
    );
    assertComplete("crashed", (await newest("ssh_get_task_result")).output);
    await vscode.setTheme("Default Light Modern");
    await vscode.screenshot("crashed-task-light");
  });

  it("is shown in another window, which cancels it", { timeout: 120_000 }, async (t) => {
    await startPrinting("shared");
    const second = await vscode.openWindow();
    t.after(() => second.close());
    await second.getByRole("tab", { name: "SSH Tasks" }).first().click({ timeout: 60_000 });
    const shown = second.getByRole("treeitem", { name: "shared" });
    await shown.waitFor({ timeout: 60_000 });
    // A click in the moment in which VS Code draws the line anew does nothing.
    await eventually(
      "the panel shows it",
      async () => {
        await shown.click();
        const there = panelOf(second).getByText("in another window").first();
        return there.waitFor({ timeout: 5000 }).then(() => true);
      },
      45_000,
    );
    await panelOf(second)
      .locator(".xterm-rows")
      .getByText(`shared line ${lines / 2}`)
      .waitFor();
    await vscode.screenshot("task-of-another-window", second);

    await shown.hover();
    await shown.locator(".action-label.codicon-stop-circle").click();

    await eventually("it is gone", () => findProcesses(marker).length === 0);
    await panelOf(second)
      .getByText(/Verified: \d+ processes gone from build01/)
      .first()
      .waitFor();
    await vscode.page.getByRole("treeitem", { name: /shared.*Cancelled/ }).waitFor();
  });
});
