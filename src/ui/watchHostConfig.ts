import { dirname, sep } from "node:path";
import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import { sshConfigPath } from "./settings";

/**
 * Calls back when the hosts may be other ones: when a setting has changed, or a file in the folder of the ssh config, by whatever
 * program; when a file below that folder is saved here; and when the person comes back to the window, as an included file
 * may be anywhere.
 */
export function watchHostConfig(onChange: () => void): Disposable {
  const owned = new DisposableStore();
  let folder = watchFolder(onChange);
  owned.add({ dispose: () => folder.dispose() });
  owned.add(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration("sshTasks")) return;
      folder.dispose();
      folder = watchFolder(onChange);
      onChange();
    }),
  );
  owned.add(
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      if (uri.fsPath.startsWith(dirname(sshConfigPath()) + sep)) onChange();
    }),
  );
  owned.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) onChange();
    }),
  );
  return owned;
}

function watchFolder(onChange: () => void): Disposable {
  const folder = vscode.Uri.file(dirname(sshConfigPath()));
  // A pattern without a folder in it watches nothing below.
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "*"));
  for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
    event(onChange);
  return watcher;
}
