import { access } from "node:fs/promises";
import * as vscode from "vscode";
import type { Notify } from "./notify";

/** Opens the file in which it is written down who ran what. */
export async function showAuditLog(path: string, notify: Pick<Notify, "inform">): Promise<void> {
  try {
    await access(path);
  } catch {
    notify.inform("Nothing was written down yet: no command was started and none was asked for.");
    return;
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
  await vscode.window.showTextDocument(document, { preview: true });
}
