import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Locator } from "playwright-core";
import { eventually } from "../support/eventually";
import { freePort } from "../support/loopback";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { extensionVsix } from "../support/repo";
import { startSshd, type Sshd } from "../support/sshd";
import { ensureTestUser } from "../support/testUser";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

// What a person sees of their hosts: where they come from, which of them answer, and what can be done with one.
describe("the Hosts view in a real VS Code", { timeout: 300_000 }, () => {
  const marker = uniqueMarker();
  let folder: string;
  let config: string;
  let host: Sshd;
  let vscode: VsCodeSession;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hosts-"));
    config = join(folder, "config");
    const user = await ensureTestUser();
    host = await startSshd({ aliases: ["build01"], user: user.name });
    vscode = await startVsCode({
      extensionVsix: extensionVsix(),
      settings: {
        "sshTasks.sshConfigFile": config,
        "sshTasks.knownHostsFile": host.knownHostsFile,
        "sshTasks.tags": { web: ["web01"], ci: ["build01"] },
      },
    });
    await vscode.setTheme("Default Dark Modern");
    await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.hosts.focus")`);
  });
  after(async () => {
    await vscode.close();
    await killAll(marker);
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  const view = (): Locator => vscode.page.locator('.pane:has([aria-label="Hosts Section"])');
  const row = (alias: string): Locator => view().getByRole("treeitem", { name: alias });
  const icon = (alias: string, name: string): Locator => row(alias).locator(`.codicon-${name}`);
  const toast = (text: string): Locator =>
    vscode.page.locator(".notification-toast", { hasText: text }).first();
  const dialog = (): Locator => vscode.page.locator(".monaco-dialog-box");

  /** Presses a button of a host's line, which is there under the pointer. */
  async function press(alias: string, button: string): Promise<void> {
    await row(alias).hover();
    await row(alias).locator(`.action-label.codicon-${button}`).click();
  }

  async function closeToasts(): Promise<void> {
    await vscode.evaluate(`await vscode.commands.executeCommand("notifications.clearAll")`);
  }

  it(
    "says where hosts come from, and shows those that are written there",
    { timeout: 60_000 },
    async () => {
      await view().getByText("Open SSH Configuration").waitFor();
      await vscode.screenshot("hosts-welcome-dark");

      await writeFile(config, await readFile(host.sshConfigFile, "utf8"));

      await icon("build01", "vm").first().waitFor();
      await appendFile(config, `\nHost web01\n HostName 127.0.0.1\n Port ${await freePort()}\n`);
      await row("web01").waitFor();
    },
  );

  it("tells how a host answers, step by step", { timeout: 60_000 }, async () => {
    await press("build01", "pulse");

    await toast("build01 answered: host key known, signed in with").hover();
    await toast("Testing build01").waitFor({ state: "detached" });
    await vscode.screenshot("hosts-answered-dark");
    await toast("build01 answered").getByText("Show Details").click();
    await dialog().getByText("✓ Shell: ready").hover();
    await vscode.screenshot("hosts-details-dark");
    await vscode.page.keyboard.press("Escape");
    await closeToasts();
  });

  it("tells why one does not, and keeps that in its line", { timeout: 60_000 }, async () => {
    await press("web01", "pulse");

    await icon("web01", "warning").first().waitFor();
    await toast("web01: SSH connection refused").hover();
    await toast("Testing web01").waitFor({ state: "detached" });
    await vscode.screenshot("hosts-refused-dark");
    await closeToasts();
    await row("web01").hover();
    await vscode.page.locator(".monaco-hover").getByText("Connection failed").waitFor();
    await vscode.screenshot("hosts-tooltip-dark");
  });

  it("runs a task on the host of a line, and counts it", { timeout: 60_000 }, async () => {
    await press("build01", "play");
    await vscode.page.getByText("Runs on build01").waitFor();
    await vscode.page.locator(".quick-input-widget input.input").fill(`sleep ${marker}`);
    await vscode.page.keyboard.press("Enter");

    await eventually("it runs", () => findProcesses(marker).length === 1, 20_000);
    await row("build01").getByText("1 running").waitFor();
    await icon("build01", "vm-active").first().waitFor();
    await vscode.setTheme("Default Light Modern");
    await row("build01").click({ button: "right" });
    await vscode.page.getByRole("menuitem", { name: "Disconnect SSH Host" }).hover();
    await vscode.screenshot("hosts-menu-light");
  });

  it(
    "keeps the connection that a task needs, and closes it after that",
    { timeout: 60_000 },
    async () => {
      await vscode.page.getByRole("menuitem", { name: "Disconnect SSH Host" }).click();
      await toast("build01 stays connected while 1 task runs there.").hover();
      await vscode.screenshot("hosts-connected-light");
      await closeToasts();
      assert.equal(findProcesses(marker).length, 1);

      await killAll(marker);

      await icon("build01", "vm-outline").first().waitFor();
    },
  );

  it("says why the configuration can't be read", { timeout: 60_000 }, async () => {
    const text = await readFile(config, "utf8");
    await writeFile(config, `Include ${config}\n`);
    await view().getByText("Include leads more than 16 files deep").waitFor();
    await row("web01").waitFor({ state: "detached" });
    await vscode.screenshot("hosts-unreadable-light");

    await writeFile(config, text);
    await row("web01").waitFor();
  });

  it(
    "opens the configuration, and shows the host that is added there",
    { timeout: 60_000 },
    async () => {
      await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.openSshConfig")`);
      const opened = await vscode.evaluate(`
        const { document } = vscode.window.activeTextEditor;
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, new vscode.Position(0, 0), "Host added\\n HostName 192.0.2.1\\n\\n");
        await vscode.workspace.applyEdit(edit);
        await document.save();
        return document.uri.fsPath;`);

      assert.equal(opened, config);
      await row("added").waitFor();
    },
  );
});
