import * as vscode from "vscode";
import type { Limits } from "../../src/tasks/limits";
import { Notify } from "../../src/ui/notify";
import { TaskPanel } from "../../src/ui/taskPanel";
import { FakeHostConnections } from "../support/fakeHostConnections";
import { createLogger, createTasks, type TasksHarness } from "../support/createTasks";
import { resetEditor, type Editor } from "../support/vscode";

export interface UiHarness extends TasksHarness {
  readonly editor: Editor;
  readonly notify: Notify;
  readonly connections: FakeHostConnections;
  /** What Notify logged, and `shown` when it opened the log. */
  readonly notified: string[];
  createPanel(): TaskPanel;
}

/** The parts that the editor's face is made of, at an editor of their own. */
export function createUi(limits: Partial<Limits> = {}): UiHarness {
  const editor = resetEditor();
  const harness = createTasks({ limits });
  const notified: string[] = [];
  const notify = new Notify({ ...createLogger(notified), show: () => notified.push("shown") });
  const extensionUri = vscode.Uri.parse("file:/extension");
  const createPanel = (): TaskPanel =>
    new TaskPanel({ extensionUri, tasks: harness.tasks, notify });
  const connections = new FakeHostConnections();
  return { ...harness, editor, notify, notified, connections, createPanel };
}
