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

// What a person sees of a cancel that TERM does not end: the tree of processes, Force Kill, and the receipt everywhere.
describe("the receipt of a cancel in a real VS Code", { timeout: 240_000 }, () => {
  const marker = uniqueMarker();
  let host: Sshd;
  let vscode: VsCodeSession;
  let taskId: string;
  before(async () => {
    const user = await ensureTestUser();
    host = await startSshd({ aliases: ["build01"], user: user.name });
    vscode = await startVsCode({
      extensionVsix: extensionVsix(),
      settings: {
        "sshTasks.sshConfigFile": host.sshConfigFile,
        "sshTasks.knownHostsFile": host.knownHostsFile,
        "sshTasks.consent": { "*": "allow" },
        "sshTasks.limits.graceSeconds": 30,
      },
    });
    await vscode.enableAgentMode();
    await vscode.setTheme("Default Dark Modern");
    await vscode.startMcp("mcp_ssh_tasks_ssh_run_async");
    await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
  });
  after(async () => {
    await vscode.close();
    await killAll(marker);
    await host.close();
  });

  const row = (): Locator => vscode.page.getByRole("treeitem", { name: "stubborn" });
  const panel = (): FrameLocator =>
    vscode.page
      .frameLocator(`iframe.webview[src*="extensionId=ssh-tasks.ssh-tasks"]`)
      .frameLocator("iframe#active-frame");
  const run = (command: string): Promise<unknown> =>
    vscode.evaluate(
      `void vscode.commands.executeCommand(${JSON.stringify(command)}, ${JSON.stringify(taskId)})`,
    );

  async function allow(): Promise<void> {
    await vscode.page
      .locator(".interactive-session a.monaco-text-button", { hasText: /^Allow/ })
      .last()
      .click();
  }

  it("lists the processes of a running task as a tree", { timeout: 90_000 }, async () => {
    const command = `: stubborn; ${processTreeCommand(marker, { ignoreTerm: true })}`;
    const answer = await vscode.ask("Start it", [
      { tool: "mcp_ssh_tasks_ssh_run_async", input: { alias: "build01", command } },
      { text: "It runs." },
    ]);
    if (answer.kind === "confirmation") await allow();
    await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
    await row().waitFor();
    const result = await vscode.evaluate(`
      const result = await vscode.lm.invokeTool("mcp_ssh_tasks_ssh_list_tasks",
        { input: { status: "running" }, toolInvocationToken: undefined });
      return JSON.parse(result.content[0].value).result.tasks[0].task_id;`);
    taskId = String(result);

    await run("sshTasks.showTaskProcesses");

    const lines = vscode.page.locator(".quick-input-list .monaco-list-row");
    await lines
      .filter({ hasText: `sleep ${marker}.1` })
      .last()
      .waitFor();
    assert.equal(await lines.count(), processTreeSize + 1, "the shell and its sleeps");
    await vscode.screenshot("processes-dark");
    await vscode.page.keyboard.press("Escape");
    assert.equal(findProcesses(marker).length, processTreeSize, "nothing was touched");
  });

  it("ends what ignores TERM by Force Kill in the panel", { timeout: 90_000 }, async () => {
    await run("sshTasks.showTaskOutput");
    const button = panel().locator(".details-action");
    await button.getByText("Cancel", { exact: true }).click();
    await button.getByText("Force Kill").waitFor();
    assert.equal(findProcesses(marker).length, processTreeSize, "the grace goes on");
    await vscode.screenshot("receipt-panel-cancelling-dark");

    await button.click();

    await eventually("the processes are gone", () => findProcesses(marker).length === 0, 20_000);
    const receipt = panel().locator(".details-receipt");
    await receipt.getByText(/TERM to 6 .* KILL to 6/).waitFor();
    await receipt.getByText(/^nothing left at /).waitFor();
    await vscode.screenshot("receipt-panel-dark");
  });

  it("shows the receipt in the tooltip and to the agent", { timeout: 90_000 }, async () => {
    await row().hover();
    await vscode.page.locator(".monaco-hover").getByText("Found: 6 processes").waitFor();
    await vscode.screenshot("receipt-tooltip-dark");

    const answer = await vscode.ask("How did it end?", [
      { tool: "mcp_ssh_tasks_ssh_get_task_status", input: { task_id: taskId } },
      { text: "It was cancelled, verified: 6 processes gone after TERM and KILL." },
    ]);

    if (answer.kind === "confirmation") await allow();
    else assert.match(answer.toolResults.join(""), /"verified":true.*"may_remain":\[\]/);
    await showToolResult();
    await vscode.screenshot("receipt-chat-dark");
    await vscode.setTheme("Default Light Modern");
    await vscode.screenshot("receipt-panel-light");
    // A tooltip that was closed comes back only for a pointer that comes back.
    await vscode.page.mouse.move(700, 700);
    await row().hover();
    await vscode.page.locator(".monaco-hover").getByText("Found: 6 processes").waitFor();
    await vscode.screenshot("receipt-tooltip-light");
  });

  /** Opens what the agent's last tool call answered. */
  async function showToolResult(): Promise<void> {
    await vscode.page.mouse.move(700, 700); // away from the tooltip
    const chat = vscode.page.locator(".interactive-session");
    await chat.getByText("Completed 2 steps").last().click();
    await chat
      .getByText(/^Ran Get SSH Task Status/)
      .last()
      .click();
    await chat.getByText("Output", { exact: true }).last().waitFor();
    await chat.hover();
    const verified = chat.getByText(/"verified":\s+true/).last();
    await eventually("the receipt is on the screen", async () => {
      if (await isReadable(verified)) return true;
      await vscode.page.mouse.wheel(0, 60);
      return false;
    });
    assert.ok(await isReadable(verified), "it has come to rest there");
  }

  /** Whether a line lies within the window, and neither end of it is covered or clipped there. */
  async function isReadable(line: Locator): Promise<boolean> {
    const window = vscode.page.viewportSize();
    const box = (await line.count()) > 0 ? await line.boundingBox() : null;
    if (!box || !window) return false;
    const [right, bottom] = [box.x + box.width, box.y + box.height];
    if (box.x < 0 || box.y < 0 || right > window.width || bottom > window.height) return false;
    const shown = (x: number, y: number): Promise<unknown> =>
      vscode.page.evaluate(`document.elementFromPoint(${x}, ${y})?.textContent`);
    const ends = [await shown(box.x + 2, box.y + 2), await shown(right - 2, bottom - 2)];
    return ends.every((text) => /^\s*"verified":\s+true,?$/.test(String(text)));
  }
});
