import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Nothing that asks, advertises or looks for updates. */
export const quietSettings = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "chat.tips.enabled": false,
  "chat.tools.riskAssessment.enabled": false,
} as const;

/** Our environment, without what a VS Code that we may run in says about itself. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const outer =
    /^(VSCODE_|ELECTRON_|CODE_SERVER_|(NODE_OPTIONS|NODE_TEST_CONTEXT|PASSWORD|HASHED_PASSWORD|PORT)$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

/** Writes files by their paths below a folder. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
