import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Locator } from "playwright-core";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { extensionVsix } from "../support/repo";
import { startSshd, type Sshd } from "../support/sshd";
import { ensureTestUser } from "../support/testUser";
import { startVsCode, type ScriptStep, type VsCodeSession } from "../support/vscodeSession";

// What a person sees when an agent wants to run something: VS Code's own card, then our question, then the command with its
// progress in the chat, which Stop ends where it is the command's own.
describe("an agent's command in a real VS Code", { timeout: 300_000 }, () => {
  const marker = uniqueMarker();
  let host: Sshd;
  let vscode: VsCodeSession;
  before(async () => {
    const user = await ensureTestUser();
    host = await startSshd({ aliases: ["build01", "web01"], user: user.name });
    vscode = await startVsCode({
      extensionVsix: extensionVsix(),
      settings: {
        "sshTasks.sshConfigFile": host.sshConfigFile,
        "sshTasks.knownHostsFile": host.knownHostsFile,
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

  const card = (): Locator => chat().locator("a.monaco-text-button", { hasText: /^Allow/ });
  const chat = (): Locator => vscode.page.locator(".interactive-session");
  const dialog = (): Locator => vscode.page.locator(".monaco-dialog-box");
  const running = (): number => findProcesses(marker).length;

  /** Says something to the agent, and waits for nothing. */
  async function say(query: string, script: readonly ScriptStep[]): Promise<void> {
    const [text, steps] = [JSON.stringify(query), JSON.stringify(script)];
    await vscode.evaluate(`void companion.ask(${text}, ${steps}).catch(() => undefined)`);
  }

  /** Says yes to VS Code's own card, where there is one before what is expected has come. */
  async function confirmUntil(what: string, expected: () => Promise<boolean>): Promise<void> {
    await eventually(
      what,
      async () => {
        if (await expected()) return true;
        if ((await card().count()) > 0)
          await card()
            .last()
            .click({ timeout: 1000 })
            .catch(() => undefined);
        return false;
      },
      30_000,
    );
  }

  const isAsked = async (): Promise<boolean> => (await dialog().count()) > 0;

  async function answer(title: string): Promise<void> {
    await dialog().getByRole("button", { name: title, exact: true }).click();
    await dialog().waitFor({ state: "detached" });
  }

  const start = (alias: string, command: string): ScriptStep => ({
    tool: "mcp_ssh_tasks_ssh_run_async",
    input: { alias, command },
  });

  it("waits for VS Code's card, then for our question, and runs once the person allows it", async () => {
    await say("Start it", [start("build01", `sleep ${marker}.1`), { text: "It runs." }]);
    await card().last().waitFor();
    await vscode.screenshot("card-dark");
    await confirmUntil("the question", isAsked);
    await dialog().getByText("Allow an agent to run a command on build01?").waitFor();
    await dialog().getByText(`sleep ${marker}.1`).waitFor();
    assert.equal(running(), 0, "nothing runs before the person has answered");
    await vscode.screenshot("consent-dark");

    await answer("Always on This Host");

    await eventually("it runs", () => running() === 1);
    await chat().getByText("It runs.").waitFor();
  });

  it("asks no more where the person has allowed it, and again on another host", async () => {
    await say("Start another", [start("build01", `sleep ${marker}.2`), { text: "So does that." }]);
    await confirmUntil("it runs", () => Promise.resolve(running() === 2));
    assert.equal(await dialog().count(), 0);
    await chat().getByText("So does that.").waitFor();
    await vscode.setTheme("Default Light Modern");

    await say("And there", [start("web01", `sleep ${marker}.3`), { text: "It may not." }]);
    await confirmUntil("the question", isAsked);
    await dialog().getByText("Allow an agent to run a command on web01?").waitFor();
    await vscode.screenshot("consent-light");
    await answer("Deny");

    await chat().getByText("It may not.").waitFor();
    assert.equal(running(), 2);
    await vscode.setTheme("Default Dark Modern");
  });

  it("tells in the chat how a task goes that is waited for, and Stop ends the wait, not the task", async () => {
    const command = `i=0; while sleep 0.5; do echo step $((i=i+1)); done & sleep ${marker}.4`;
    await say("Start steps", [start("build01", command), { text: "Steps run." }]);
    await confirmUntil("it runs", () => Promise.resolve(running() === 3));
    await chat().getByText("Steps run.").waitFor();

    const wait = {
      tool: "mcp_ssh_tasks_ssh_wait_task",
      input: { task_id: await newest(), timeout_seconds: 600 },
    };
    await say("Wait for it", [wait, { text: "It has ended." }]);
    await confirmUntil("its progress", async () => (await progress().count()) > 0);
    await vscode.screenshot("wait-progress-dark");
    await stop();

    await eventually("nobody waits", async () => (await stopButton().count()) === 0);
    assert.equal(running(), 3);
  });

  it("ends a command that is waited for on its host, by Stop in the chat", async () => {
    const run = {
      tool: "mcp_ssh_tasks_ssh_run",
      input: { alias: "build01", command: `sleep ${marker}.5`, max_seconds: 0 },
    };
    await say("Run it", [run, { text: "It has ended." }]);
    await confirmUntil("it runs", () => Promise.resolve(running() === 4));

    await stop();

    await eventually("it is gone from the host", () => running() === 3, 20_000);
    const id = await newest();
    // The host looks again before it says so.
    const task = await eventually("it is cancelled", async () => {
      const status = await statusOf(id);
      return status.includes('"status":"cancelled"') ? status : undefined;
    });
    assert.match(task, /"requested_by":"agent:.*"verified":true/);
  });

  it("lists what was granted, which the person takes back, and opens what was written down", async () => {
    await run("sshTasks.manageGrants");
    const line = vscode.page.locator(".quick-input-list .monaco-list-row", { hasText: "build01" });
    await line.getByText(/until /).waitFor();
    await vscode.screenshot("grants-dark");
    await line.getByText("build01").first().click();
    await vscode.page.keyboard.press("Enter");
    await vscode.page.getByText("1 grant is revoked. What runs already goes on.").first().waitFor();

    await run("sshTasks.showAuditLog");
    await vscode.page
      .locator(".monaco-editor .view-lines")
      .getByText(/"type":"decision"/)
      .first()
      .waitFor();
    await vscode.screenshot("audit-dark");

    await say("Once more", [start("build01", `sleep ${marker}.6`), { text: "No." }]);
    await confirmUntil("the question", isAsked);
    await answer("Deny");
    await chat().getByText("No.").waitFor();
  });

  /** VS Code writes it with spaces that don't break. */
  const progress = (): Locator => chat().getByText(/running\sfor\s\d+\ss\s·\sstep\s\d+/);
  const stopButton = (): Locator => chat().locator(".codicon-stop-circle");
  const stop = (): Promise<void> => stopButton().first().click();

  async function statusOf(taskId: string): Promise<string> {
    const status = await vscode.evaluate(`
      const result = await vscode.lm.invokeTool("mcp_ssh_tasks_ssh_get_task_status",
        { input: { task_id: ${JSON.stringify(taskId)} }, toolInvocationToken: undefined });
      return JSON.parse(result.content[0].value).result;`);
    return JSON.stringify(status);
  }

  /** The id of the newest task. */
  async function newest(): Promise<string> {
    const id = await vscode.evaluate(`
      const result = await vscode.lm.invokeTool("mcp_ssh_tasks_ssh_list_tasks",
        { input: { limit: 1 }, toolInvocationToken: undefined });
      return JSON.parse(result.content[0].value).result.tasks[0].task_id;`);
    return String(id);
  }

  async function run(command: string): Promise<void> {
    await vscode.evaluate(`void vscode.commands.executeCommand(${JSON.stringify(command)})`);
  }
});
