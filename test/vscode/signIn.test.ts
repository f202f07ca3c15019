import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Locator } from "playwright-core";
import { requireProgram, run } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { extensionVsix } from "../support/repo";
import { startSshd, type Sshd } from "../support/sshd";
import { ensurePasswordUser, testPassword } from "../support/testUser";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

const passphrase = "canary-of-a-passphrase";

// A host whose key nobody has seen, which wants a key with a passphrase and then a password.
describe("a sign-in in a real VS Code", { timeout: 240_000 }, () => {
  const marker = uniqueMarker();
  let folder: string;
  let knownHosts: string;
  let host: Sshd;
  let vscode: VsCodeSession;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sign-in-"));
    knownHosts = join(folder, "known_hosts");
    const key = join(folder, "id_ed25519");
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", passphrase, "-f", key]);
    const config = ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"];
    host = await startSshd({ user: await ensurePasswordUser(), config });
    await appendFile(join(host.dir, "authorized_keys"), await readFile(`${key}.pub`));
    const entry = `Host build01\n HostName 127.0.0.1\n Port ${host.port}\n User ${host.user}\n IdentityFile "${key}"\n IdentitiesOnly yes\n`;
    await writeFile(join(folder, "config"), entry);
    vscode = await startVsCode({
      extensionVsix: extensionVsix(),
      settings: {
        "sshTasks.sshConfigFile": join(folder, "config"),
        "sshTasks.knownHostsFile": knownHosts,
      },
    });
    await vscode.setTheme("Default Dark Modern");
    await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
  });
  after(async () => {
    await vscode.close();
    await killAll(marker);
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  const input = (): Locator => vscode.page.locator(".quick-input-widget input.input");
  const asks = (text: string): Promise<void> =>
    vscode.page.locator(".quick-input-widget").getByText(text).first().waitFor();

  async function type(text: string): Promise<void> {
    await input().fill(text);
    await vscode.page.keyboard.press("Enter");
  }

  async function start(command: string): Promise<void> {
    await vscode.evaluate(`void vscode.commands.executeCommand("sshTasks.runTask")`);
    await vscode.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    await vscode.page.keyboard.press("Enter");
    await vscode.page.getByText("Runs on build01").waitFor();
    await type(command);
  }

  it(
    "asks for the host's key, a passphrase and a password, and then runs",
    { timeout: 90_000 },
    async () => {
      await start(`sleep ${marker}.1`);

      const dialog = vscode.page.locator(".monaco-dialog-box");
      await dialog.getByText("Trust the key of build01?").waitFor();
      await vscode.screenshot("sign-in-host-key-dark");
      await dialog.getByRole("button", { name: "Trust and Add" }).click();
      await asks("Passphrase for");
      await vscode.screenshot("sign-in-passphrase-dark");
      await type("wrong");
      await asks("That was wrong.");
      await vscode.page.locator(".quick-input-widget .codicon-save").click();
      await type(passphrase);
      await asks("Password for");
      await vscode.setTheme("Default Light Modern");
      await vscode.screenshot("sign-in-password-light");
      await type(testPassword);

      await eventually("it runs", () => findProcesses(marker).length === 1, 20_000);
      assert.match(await readFile(knownHosts, "utf8"), /^\[127\.0\.0\.1\]:\d+ ssh-ed25519 /);
    },
  );

  it(
    "asks after a reload for what was not kept, and forgets what was",
    { timeout: 90_000 },
    async () => {
      await vscode.reload();
      await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);

      await vscode.page
        .locator(".notification-toast", { hasText: "build01 needs you to sign in again" })
        .getByText("Sign In", { exact: true })
        .click();
      await asks("Password for");
      await type(testPassword);
      await start(`sleep ${marker}.2`);
      await eventually("it runs", () => findProcesses(marker).length === 2, 20_000);

      await vscode.evaluate(`void vscode.commands.executeCommand("sshTasks.forgetSecrets")`);
      await vscode.page
        .getByText(/1 saved secret is forgotten/)
        .first()
        .waitFor();
    },
  );
});
