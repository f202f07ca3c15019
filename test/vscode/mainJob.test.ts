import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { eventually } from "../support/eventually";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import { extensionVsix } from "../support/repo";
import { startSshd, type Sshd } from "../support/sshd";
import { ensureTestUser } from "../support/testUser";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

// The packaged extension in a real VS Code, a scripted model in its agent mode, a real SSH host: the agent starts a
// process tree, tree and panel show it, and each door ends it. What runs is counted by the test, as root.
describe("the main job in a real VS Code", { timeout: 240_000 }, () => {
  let host: Sshd;
  let vscode: VsCodeSession;
  let marker: string;
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
    await vscode.startMcp("mcp_ssh_tasks_ssh_run_async");
    await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
  });
  after(async () => {
    await vscode.close();
    await killAll(marker);
    await host.close();
  });

  const row = (title: string): Locator => vscode.page.getByRole("treeitem", { name: title });
  const panel = (): FrameLocator =>
    vscode.page
      .frameLocator(`iframe.webview[src*="extensionId=ssh-tasks.ssh-tasks"]`)
      .frameLocator("iframe#active-frame");

  /** Has the agent start a tree whose command begins with a title, and gives its task id once it runs. */
  async function startByAgent(title: string): Promise<string> {
    marker = uniqueMarker();
    const command = `: ${title}; echo ${title} is running; ${processTreeCommand(marker)}`;
    const answering = vscode.ask(`Start ${title}`, [
      { tool: "mcp_ssh_tasks_ssh_run_async", input: { alias: "build01", command } },
      { text: `${title} started` },
    ]);
    const answer = await answering;
    if (answer.kind === "confirmation") {
      assert.equal(answer.toolId, "mcp_ssh_tasks_ssh_run_async");
      assert.deepEqual(findProcesses(marker), [], "nothing runs before the person has agreed");
      await vscode.page
        .locator(".interactive-session a.monaco-text-button", { hasText: /^Allow/ })
        .last()
        .click();
    }
    await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
    await row(title).waitFor();
    const id = await vscode.evaluate(`
      const result = await vscode.lm.invokeTool("mcp_ssh_tasks_ssh_list_tasks",
        { input: { status: "running" }, toolInvocationToken: undefined });
      return JSON.parse(result.content[0].value).result.tasks[0].task_id;`);
    return String(id);
  }

  async function assertGone(title: string): Promise<void> {
    await eventually("the processes are gone", () => findProcesses(marker).length === 0, 20_000);
    // The stop button goes with the last chance to stop something.
    await row(title).locator(".codicon-circle-slash").first().waitFor();
  }

  it(
    "asks the person before the agent's first command, and the tree's button ends it",
    { timeout: 90_000 },
    async () => {
      await startByAgent("tree-door");

      await row("tree-door").hover();
      await row("tree-door").locator(`.action-label.codicon-stop-circle`).click();

      await assertGone("tree-door");
    },
  );

  it(
    "shows the task with its live output in the panel, whose button ends it",
    { timeout: 90_000 },
    async () => {
      const id = await startByAgent("panel-door");
      await vscode.evaluate(
        `await vscode.commands.executeCommand("sshTasks.showTaskOutput", ${JSON.stringify(id)})`,
      );
      await panel().locator(".xterm-rows").getByText("panel-door is running").waitFor();
      await vscode.screenshot("panel-running");

      await panel().locator(`[data-task-id="${id}"] vscode-button`).click();

      await assertGone("panel-door");
      await panel()
        .getByText(/Verified: 6 processes gone from build01/)
        .first()
        .waitFor();
      await vscode.screenshot("panel-cancelled");
    },
  );

  it("is ended by Cancel SSH Task from the command palette", { timeout: 90_000 }, async () => {
    await startByAgent("palette-door");

    await vscode.page.keyboard.press("F1");
    await vscode.page.keyboard.type("Cancel SSH Task");
    await vscode.page
      .locator(".quick-input-list .monaco-list-row", { hasText: "Cancel SSH Task" })
      .first()
      .click();
    await vscode.page
      .locator(".quick-input-list .monaco-list-row", { hasText: "palette-door" })
      .first()
      .click();

    await assertGone("palette-door");
  });

  it("is ended by the agent's ssh_cancel_async_task", { timeout: 90_000 }, async () => {
    const id = await startByAgent("agent-door");

    const answering = await vscode.ask("Stop it", [
      { tool: "mcp_ssh_tasks_ssh_cancel_async_task", input: { task_id: id } },
      { text: "stopped" },
    ]);
    if (answering.kind === "confirmation") {
      await vscode.page
        .locator(".interactive-session a.monaco-text-button", { hasText: /^Allow/ })
        .last()
        .click();
    }

    await assertGone("agent-door");
    await vscode.setTheme("Default Light Modern");
    await vscode.screenshot("agent-cancelled-light");
  });
});
