import { existsSync } from "node:fs";
import * as vscode from "vscode";
import { sshConfigPath } from "./settings";

/** Opens the ssh config in an editor; one that is not there yet is made when it is saved. */
export async function openSshConfig(): Promise<void> {
  const path = sshConfigPath();
  const file = vscode.Uri.file(path);
  const uri = existsSync(path) ? file : file.with({ scheme: "untitled" });
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}
