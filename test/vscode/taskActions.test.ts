import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Locator } from "playwright-core";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { extensionVsix } from "../support/repo";
import { startSshd, type Sshd } from "../support/sshd";
import { ensureTestUser } from "../support/testUser";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

// What a person does with a task beside watching it in the panel: its terminal, its menu, its groups, and what tells of it.
describe("the actions of a task in a real VS Code", { timeout: 300_000 }, () => {
  const marker = uniqueMarker();
  let host: Sshd;
  let vscode: VsCodeSession;
  before(async () => {
    const user = await ensureTestUser();
    host = await startSshd({ aliases: ["build01"], user: user.name });
    vscode = await startVsCode({
      extensionVsix: extensionVsix(),
      settings: {
        "sshTasks.sshConfigFile": host.sshConfigFile,
        "sshTasks.knownHostsFile": host.knownHostsFile,
        "sshTasks.notifyAfterSeconds": 1,
        "terminal.integrated.gpuAcceleration": "off", // its text is on the page then
      },
    });
    await vscode.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await vscode.setTheme("Default Dark Modern");
    await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
  });
  after(async () => {
    await vscode.close();
    await killAll(marker);
    await host.close();
  });

  const row = (name: string | RegExp): Locator => vscode.page.getByRole("treeitem", { name });
  const terminal = (): Locator => vscode.page.locator(".terminal-wrapper.active .xterm-rows");
  const toast = (text: string): Locator =>
    vscode.page.locator(".notification-toast", { hasText: text }).first();

  async function run(command: string): Promise<void> {
    await vscode.evaluate(
      `void vscode.commands.executeCommand("sshTasks.runTaskOnHost", "build01")`,
    );
    await vscode.page.getByText("Runs on build01").waitFor();
    await vscode.page.locator(".quick-input-widget input.input").fill(command);
    await vscode.page.keyboard.press("Enter");
  }

  async function choose(title: string, item: string): Promise<void> {
    await row(title).click({ button: "right" });
    const entry = vscode.page.getByRole("menuitem", { name: item });
    // A click right after the menu has opened is taken for the end of the one that opened it.
    await eventually("it is chosen", async () => {
      await entry.click({ timeout: 1000 }).catch(() => undefined);
      return (await entry.count()) === 0;
    });
  }

  it("follows its output in a terminal, where Ctrl+C cancels it", { timeout: 90_000 }, async () => {
    await run(
      `: build; for i in 1 2 3; do echo step $i; done; printf '50%%'; sleep ${marker}.1 & sleep ${marker}.2`,
    );
    await eventually("it runs", () => findProcesses(marker).length === 2, 20_000);
    await row(": build").getByText("50%").waitFor();

    await choose(": build", "Open SSH Task in Terminal");

    await terminal().getByText("step 3").waitFor();
    await vscode.screenshot("terminal-running-dark");
    await vscode.page.locator(".terminal-wrapper.active").click();
    await vscode.page.keyboard.press("Control+C");
    await terminal().getByText("Verified: nothing left").waitFor();
    await vscode.screenshot("terminal-cancelled-dark");
    assert.equal(findProcesses(marker).length, 0);
    await row("Finished").waitFor();
  });

  it(
    "tells of the end of what took long, and copies, runs again and removes",
    { timeout: 90_000 },
    async () => {
      await run(`: long; sleep 2; echo over; exit 3`);
      await toast(": long").getByText("Failed (3)").waitFor();
      await vscode.screenshot("end-notice-dark");
      await vscode.evaluate(`await vscode.commands.executeCommand("notifications.clearAll")`);

      await choose(": long", "Copy Output");
      await eventually(
        "copied",
        async () => (await vscode.page.evaluate("navigator.clipboard.readText()")) === "over\n",
      );
      await choose(": long", "Run SSH Task Again");
      await eventually("there are two", async () => (await row(": long").count()) === 2, 20_000);
      await vscode.setTheme("Default Light Modern");
      await vscode.screenshot("tree-groups-light");
      await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.groupTasksByHost")`);
      await row(/^build01, \d tasks/).waitFor();
      await vscode.screenshot("tree-by-host-light");
      await choose(": build", "Remove SSH Task");
      await row(": build").waitFor({ state: "detached" });
    },
  );
});
