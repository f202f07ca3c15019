import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Locator } from "playwright-core";
import { requireProgram, run } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { extensionVsix } from "../support/repo";
import { startScriptedSshServer, type ScriptedSshServer } from "../support/scriptedSshServer";
import { startSshd, type Sshd } from "../support/sshd";
import { testPassword } from "../support/testUser";
import { codeInstruction, testCode, twoFactors } from "../support/twoFactors";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

const passphrase = "canary-of-a-passphrase";
const themes = [
  ["dark", "Default Dark Modern"],
  ["light", "Default Light Modern"],
  ["contrast", "Default High Contrast"],
] as const;

// A host whose key nobody has seen, which wants a key with a passphrase, a password and a code; one that asks for two things
// at a time; and one behind a command that waits for a touch.
describe("the system's ssh in a real VS Code", { timeout: 300_000 }, () => {
  const marker = uniqueMarker();
  let folder: string;
  let host: Sshd;
  let scripted: ScriptedSshServer;
  let vscode: VsCodeSession;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "system-ssh-"));
    const key = join(folder, "id_ed25519");
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", passphrase, "-f", key]);
    host = await startSshd(await twoFactors({}, "publickey,keyboard-interactive"));
    await writeFile(host.authorizedKeysFile, await readFile(`${key}.pub`));
    scripted = await startTwoQuestions();
    await writeFile(join(folder, "touch.mjs"), touchScript);
    await writeFile(join(folder, "config"), await config(key));
    vscode = await startVsCode({
      extensionVsix: extensionVsix(),
      settings: {
        "sshTasks.sshConfigFile": join(folder, "config"),
        "sshTasks.knownHostsFile": join(folder, "known_hosts"),
        "sshTasks.transport": "ssh",
        "workbench.reduceMotion": "on",
      },
    });
    await vscode.setTheme("Default Dark Modern");
    await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
  });
  after(async () => {
    await vscode.close();
    await killAll(marker);
    await host.close();
    await scripted.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function config(key: string): Promise<string> {
    const own = ["HostName 127.0.0.1", `Port ${host.port}`, `User ${host.user}`];
    const signIn = [`IdentityFile "${key}"`, "IdentitiesOnly yes"];
    const touch = `ProxyCommand ${process.execPath} ${folder}/touch.mjs %p`;
    const others = await readFile(scripted.host.configFile ?? "", "utf8");
    return [
      ...["Host build01", ...own, ...signIn],
      ...["Host key01", ...own, ...signIn, touch],
      `${others}  UserKnownHostsFile "${scripted.host.userKnownHostsFiles[0] ?? ""}"\n`,
    ].join("\n");
  }

  const box = (): Locator => vscode.page.locator(".quick-input-widget");
  const dialog = (): Locator => vscode.page.locator(".monaco-dialog-box");
  const asks = (text: string): Promise<void> => box().getByText(text).first().waitFor();
  const row = (command: string): Locator => vscode.page.getByRole("treeitem", { name: command });
  const toast = (text: string): Locator =>
    vscode.page.locator(".notification-toast", { hasText: text }).first();

  async function type(text: string): Promise<void> {
    await box().locator("input.input").fill(text);
    await vscode.page.keyboard.press("Enter");
  }

  async function start(alias: string, command: string): Promise<void> {
    await vscode.evaluate(
      `void vscode.commands.executeCommand("sshTasks.runTaskOnHost", ${JSON.stringify(alias)})`,
    );
    await vscode.page.getByText(`Runs on ${alias}`).waitFor();
    await type(command);
  }

  async function pictures(name: string): Promise<void> {
    for (const [kind, theme] of themes) {
      await vscode.setTheme(theme);
      await vscode.screenshot(`${name}-${kind}`);
    }
    await vscode.setTheme("Default Dark Modern");
  }

  it(
    "asks for the host's key, a passphrase, a password and a code",
    { timeout: 90_000 },
    async () => {
      await start("build01", `sleep ${marker}.1`);

      await dialog().getByText("Trust the key of build01?").waitFor();
      await dialog().getByRole("button", { name: "Trust and Add" }).click();
      await asks("Passphrase for");
      await type("wrong");
      await asks("That was wrong.");
      await box().locator(".codicon-save").click();
      await type(passphrase);
      await asks("Password");
      await pictures("2fa-password");
      await type(testPassword);
      await asks(codeInstruction);
      await pictures("2fa-code");
      await type("wrong");
      await asks("The server refused that.");
      await pictures("2fa-refused");
      await type(testCode);

      await eventually("it runs", () => findProcesses(marker).length === 1, 20_000);
      assert.match(
        await readFile(join(folder, "known_hosts"), "utf8"),
        /^\[127\.0\.0\.1\]:\d+ ssh-ed25519 /,
      );
    },
  );

  it(
    "says after a reload that it needs a sign-in, and then asks for what was not kept",
    { timeout: 90_000 },
    async () => {
      await vscode.reload();
      await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);

      await toast("build01 needs you to sign in again").waitFor();
      await pictures("2fa-announced");
      await toast("build01 needs you to sign in again")
        .getByText("Sign In", { exact: true })
        .click();
      await asks("Password");
      await type(testPassword);
      await asks(codeInstruction);
      await type(testCode);
      await row(`sleep ${marker}.1`).hover();
      await row(`sleep ${marker}.1`).locator(".action-label.codicon-stop-circle").click();

      await eventually("it is cancelled", () => findProcesses(marker).length === 0, 20_000);
      // It is called so once that is verified.
      await vscode.page.getByRole("treeitem", { name: /^sleep .*Cancelled on build01/ }).waitFor();
    },
  );

  it("says which of two questions it asks", { timeout: 60_000 }, async () => {
    await start("scripted", "true");
    await dialog().getByRole("button", { name: "Once" }).click();

    await asks("(1/2)");
    await pictures("2fa-first");
    await type("4711");
    await asks("(2/2)");
    await pictures("2fa-second");
    await vscode.page.keyboard.press("Escape");

    await row("true").getByText("scripted").first().waitFor();
  });

  it("says that a key waits for a touch, until it was touched", { timeout: 60_000 }, async () => {
    await start("key01", `sleep ${marker}.2`);

    await toast("Touch your security key").waitFor();
    await pictures("2fa-touch");
    await writeFile(join(folder, "touched"), "");
    await asks("Password");
    assert.equal(await toast("Touch your security key").count(), 0);
    await vscode.page.keyboard.press("Escape");
  });
});

/** Asks for two things at a time, and takes no answer. */
function startTwoQuestions(): Promise<ScriptedSshServer> {
  return startScriptedSshServer("never answer", (context) => {
    if (context.method !== "keyboard-interactive") context.reject(["keyboard-interactive"]);
    else
      context.prompt(
        [
          { prompt: "Verification code: ", echo: true },
          { prompt: "PIN of your token: ", echo: false },
        ],
        "Two-factor sign-in",
        "Have your token at hand.",
        () => context.reject(["keyboard-interactive"]),
      );
  });
}

/** What ssh does itself for a security key: it asks nothing, and ends what says so once the key was touched (readpass.c). */
const touchScript = `
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
const touched = join(dirname(process.argv[1]), "touched");
const env = { ...process.env, SSH_ASKPASS_PROMPT: "none" };
const prompt = "Confirm user presence for key ED25519-SK SHA256:abc";
const told = spawn(process.env.SSH_ASKPASS, [prompt], { env, stdio: "ignore" });
const timer = setInterval(() => {
  if (!existsSync(touched)) return;
  clearInterval(timer);
  told.kill();
  const socket = connect(Number(process.argv[2]), "127.0.0.1");
  process.stdin.pipe(socket).pipe(process.stdout);
}, 100);
`;
