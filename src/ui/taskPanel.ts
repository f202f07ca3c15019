import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { TaskManager } from "../tasks/taskManager";
import { cancelTask } from "./cancelTask";
import { panelType, type CommandId } from "./commandIds";
import type { Notify } from "./notify";
import { panelHtml } from "./panelHtml";
import { PanelSession, type SessionTasks } from "./panelSession";
import { stopLeftovers } from "./stopLeftovers";

export interface TaskPanelParts {
  readonly extensionUri: vscode.Uri;
  readonly tasks: SessionTasks & Pick<TaskManager, "cancelTask" | "stopLeftovers">;
  readonly notify: Notify;
}

export interface ShowOptions {
  readonly preserveFocus?: boolean;
}

interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly session: PanelSession;
}

/** The one editor panel with all tasks and the output of the selected one; VS Code brings it back after a reload. */
export class TaskPanel implements vscode.WebviewPanelSerializer, Disposable {
  private readonly owned = new DisposableStore();
  private open: OpenPanel | undefined;

  constructor(private readonly parts: TaskPanelParts) {
    this.owned.add(vscode.window.registerWebviewPanelSerializer(panelType, this));
    this.owned.add({ dispose: () => void this.open?.panel.dispose() });
  }

  /** Opens the panel or brings it to the front, with this task selected if one is given. */
  show(taskId?: string, { preserveFocus = false }: ShowOptions = {}): void {
    if (this.open) this.open.panel.reveal(undefined, preserveFocus);
    this.open ??= this.create(preserveFocus);
    if (taskId !== undefined) this.open.session.select(taskId);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    // The panel keeps the selection itself, in the state that VS Code gives back to its page.
    if (this.open) panel.dispose();
    else this.open = this.connect(panel);
    return Promise.resolve();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private create(preserveFocus: boolean): OpenPanel {
    const column = { viewColumn: vscode.ViewColumn.Active, preserveFocus };
    return this.connect(vscode.window.createWebviewPanel(panelType, "SSH Tasks", column));
  }

  private connect(panel: vscode.WebviewPanel): OpenPanel {
    const { extensionUri, tasks } = this.parts;
    const file = (...path: string[]): vscode.Uri => vscode.Uri.joinPath(extensionUri, ...path);
    panel.iconPath = {
      light: file("media", "panel-light.svg"),
      dark: file("media", "panel-dark.svg"),
    };
    panel.webview.options = { enableScripts: true, localResourceRoots: [file("dist")] };
    const session = new PanelSession(panel.webview, {
      tasks,
      cancel: (taskId, force) =>
        void this.end(() => cancelTask(this.parts, taskId, "webview", force)),
      stopLeftovers: (taskId) => void this.end(() => stopLeftovers(this.parts, taskId, "webview")),
      runTask: () => void vscode.commands.executeCommand("sshTasks.runTask" satisfies CommandId),
    });
    panel.onDidChangeViewState(() => {
      if (!panel.visible) session.pause();
    });
    panel.onDidDispose(() => {
      session.dispose();
      if (this.open?.panel === panel) this.open = undefined;
    });
    const script = panel.webview.asWebviewUri(file("dist", "panel.js"));
    panel.webview.html = panelHtml(script.toString());
    return { panel, session };
  }

  private async end(ending: () => Promise<void>): Promise<void> {
    try {
      await ending();
    } catch (error) {
      void this.parts.notify.error(error);
    }
  }
}
