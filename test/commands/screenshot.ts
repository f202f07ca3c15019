// `node test/commands/bootstrap.mjs screenshot`: takes the README's picture, media/screenshot.png, in a real VS Code.
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cleanup } from "../support/cleanup";
import { eventually } from "../support/eventually";
import { packageExtension } from "../support/packageExtension";
import { repositoryRoot } from "../support/repo";
import { startSshd } from "../support/sshd";
import { ensureSystemPrograms } from "../support/systemPackages";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

const cleanup = new Cleanup();

void takePicture().finally(() => cleanup.run());

async function takePicture(): Promise<void> {
  ensureSystemPrograms(["sshd", "ssh-keygen", "chromium"]);
  const aliases = ["build01", "gpu-box", "web.example.com"];
  const environment = { PATH: `${await installPrograms()}:${process.env["PATH"] ?? ""}` };
  const host = await startSshd({ aliases, environment, endProcessesOnClose: true });
  cleanup.add(() => host.close());
  const vscode = await startVsCode({
    extensionVsix: await packageExtension(),
    settings: {
      "sshTasks.sshConfigFile": host.sshConfigFile,
      "sshTasks.knownHostsFile": host.knownHostsFile,
      "workbench.colorTheme": "Default Dark Modern",
      "workbench.secondarySideBar.defaultVisibility": "hidden",
    },
  });
  cleanup.add(() => vscode.close());
  await vscode.page.setViewportSize({ width: 1180, height: 640 });
  await vscode.setTheme("Default Dark Modern");
  await vscode.evaluate(`await vscode.commands.executeCommand("sshTasks.tasks.focus")`);
  await vscode.enableAgentMode();
  await vscode.startMcp("mcp_ssh_tasks_ssh_run_async");
  await vscode.evaluate(
    `await vscode.commands.executeCommand("workbench.action.closeAuxiliaryBar")`,
  );

  const started = Date.now();
  await run(vscode, "web.example.com", "df -h /");
  const slow = await run(vscode, "gpu-box", "train --epochs 40");
  await run(vscode, "gpu-box", "nvidia-smi --loop 5");
  const watched = await run(vscode, "build01", "make -j8 test");
  await call(vscode, "ssh_cancel_async_task", { task_id: slow });
  const show = `vscode.commands.executeCommand("sshTasks.showTaskOutput", ${JSON.stringify(watched)})`;
  await vscode.evaluate(`await ${show}`);
  await vscode.page
    .frameLocator('iframe.webview[src*="extensionId=ssh-tasks.ssh-tasks"]')
    .frameLocator("iframe#active-frame")
    .locator(".xterm-rows")
    .getByText("174/214")
    .waitFor();
  await eventually("the elapsed time is worth a look", () => Date.now() - started > 8000);
  await vscode.page.mouse.move(700, 600);
  const picture = await vscode.screenshot("readme");
  await copyFile(picture, join(repositoryRoot(), "media/screenshot.png"));
  console.log("media/screenshot.png is taken");
}

/** Starts a command as an agent does, and gives its task id. */
async function run(vscode: VsCodeSession, alias: string, command: string): Promise<string> {
  const answer = await call(vscode, "ssh_run_async", { alias, command });
  return /"task_id": ?"([^"]+)"/.exec(answer)?.[1] ?? "";
}

async function call(vscode: VsCodeSession, tool: string, input: object): Promise<string> {
  // Nobody is there to agree, and what runs is ours.
  const answer = await vscode.evaluate(`
    await vscode.workspace.getConfiguration("chat.tools").update("global.autoApprove", true, 1);
    await vscode.commands.executeCommand("setContext", "vscode.chat.tools.global.autoApprove.testMode", true);
    const result = await vscode.lm.invokeTool("mcp_ssh_tasks_${tool}",
      { input: ${JSON.stringify(input)}, toolInvocationToken: undefined });
    return result.content[0].value;`);
  return String(answer);
}

/** Programs that look like the work people run on their hosts. */
const programs = {
  make: `printf '\\033[1m> 214 tests in 18 files\\033[0m\\n\\n'
for t in 'parse a config with includes' 'refuse a changed host key' 'keep output in order' \\
  'end a process tree' 'count survivors from outside' 'resume after a lost link'; do
  printf '  \\033[32m✓\\033[0m %s\\n' "$t"
done
printf '\\n  \\033[33m!\\033[0m slow: end a process tree (2.1 s)\\n\\n'
for i in 1 2 3 4 5 6; do
  printf '\\r  \\033[36m[%-24s]\\033[0m %s/214' "$(printf '%*s' $((i * 3)) '' | tr ' ' '=')" $((i * 29))
done
exec sleep 900`,
  train: "sleep 900 & exec sleep 900",
  "nvidia-smi": "exec sleep 900",
};

async function installPrograms(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ssh-tasks-programs-"));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}
