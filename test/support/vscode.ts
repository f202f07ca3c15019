/** Stands in for the module `vscode` in tests of src/ui: what they use of it, and an error for everything else. */
import type * as vscode from "vscode";
import { EventEmitter, type RelativePattern, type Uri } from "./editorTypes";
import { FakeInputBox } from "./fakeInputBox";
import { FakeStatusBarItem, FakeTerminal } from "./fakeTerminal";
import { FakeQuickPick, FakeTreeView, FakeWebviewPanel } from "./fakeViews";

export * from "./editorTypes";
export { FakeWebviewPanel };

/** What the person at this editor does and sees. Tests set the answers; `resetEditor` makes it a new one. */
export interface Editor {
  /** How the person answers; by default by closing what was asked. */
  pick: (items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions) => unknown;
  input: (options: vscode.InputBoxOptions) => string | undefined;
  press: (message: Message) => string | undefined;
  readonly settings: Map<string, unknown>;
  /** Fires with the id of a setting that the person has changed. */
  readonly settingChanged: EventEmitter<string>;
  readonly messages: Message[];
  readonly registered: Map<string, (...args: unknown[]) => unknown>;
  readonly executed: unknown[][];
  readonly logged: string[];
  readonly panels: FakeWebviewPanel[];
  readonly terminals: FakeTerminal[];
  statusBar?: FakeStatusBarItem;
  readonly quickPicks: FakeQuickPick[];
  readonly inputBoxes: FakeInputBox[];
  /** Files that were opened, by their URIs. */
  readonly opened: string[];
  /** Where the person saves, and what was written there. */
  saveTo?: Uri;
  readonly written: Map<string, string>;
  /** What was copied last. */
  clipboard?: string;
  /** Fires when the window gets the focus, or loses it. */
  readonly windowFocused: EventEmitter<boolean>;
  /** Fires with the path of a file that was saved here. */
  readonly saved: EventEmitter<string>;
  /** What is watched, and not let go of. */
  readonly watchers: Set<FakeWatcher>;
  readonly progress: FakeProgress[];
  /** The view that was created last, and all of them by their ids. */
  tree?: FakeTreeView;
  readonly trees: Map<string, FakeTreeView>;
  serializer?: vscode.WebviewPanelSerializer;
  mcp?: { readonly id: string; readonly provider: vscode.McpServerDefinitionProvider };
}

export interface Message {
  readonly kind: "error" | "warning" | "information";
  readonly text: string;
  readonly buttons: readonly string[];
  /** Of a dialog: what is below the text, and the button that closing it stands for. */
  readonly dialog?: { readonly detail: string | undefined; readonly closedBy: string | undefined };
}

/** A notification that says how far something is; `cancel` is the person at its button. */
export interface FakeProgress {
  readonly title: string | undefined;
  readonly messages: (string | undefined)[];
  readonly cancel: () => void;
}

/** What somebody watches: `touch` is a program that changes it. */
export interface FakeWatcher {
  readonly pattern: string;
  readonly touch: () => void;
}

function createEditor(): Editor {
  return {
    pick: () => undefined,
    input: () => undefined,
    press: () => undefined,
    settings: new Map(),
    settingChanged: new EventEmitter(),
    messages: [],
    registered: new Map(),
    executed: [],
    logged: [],
    panels: [],
    terminals: [],
    quickPicks: [],
    inputBoxes: [],
    opened: [],
    written: new Map(),
    windowFocused: new EventEmitter(),
    saved: new EventEmitter(),
    watchers: new Set(),
    progress: [],
    trees: new Map(),
  };
}

export let editor = createEditor();

export function resetEditor(): Editor {
  editor = createEditor();
  return editor;
}

export const window = only<typeof vscode.window>("window", {
  createTreeView: (id: string, options: { treeDataProvider: vscode.TreeDataProvider<string> }) => {
    editor.tree = new FakeTreeView(options.treeDataProvider);
    editor.trees.set(id, editor.tree);
    return editor.tree;
  },
  createWebviewPanel: (viewType: string, _title: string, showOptions: unknown) => {
    const panel = new FakeWebviewPanel(viewType, showOptions);
    editor.panels.push(panel);
    return panel;
  },
  registerWebviewPanelSerializer: (_type: string, serializer: vscode.WebviewPanelSerializer) => {
    editor.serializer = serializer;
    return { dispose: () => delete editor.serializer };
  },
  createStatusBarItem: () => (editor.statusBar = new FakeStatusBarItem()),
  createTerminal: (options: vscode.ExtensionTerminalOptions) => {
    const terminal = new FakeTerminal(options);
    editor.terminals.push(terminal);
    return terminal;
  },
  showSaveDialog: () => Promise.resolve(editor.saveTo),
  createQuickPick: () => {
    const list = new FakeQuickPick();
    editor.quickPicks.push(list);
    return list;
  },
  createInputBox: () => {
    const box = new FakeInputBox();
    editor.inputBoxes.push(box);
    return box;
  },
  showQuickPick: (items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions) =>
    Promise.resolve(editor.pick(items, options)),
  showInputBox: (options: vscode.InputBoxOptions) => Promise.resolve(editor.input(options)),
  showErrorMessage: (text: string, ...buttons: string[]) => show("error", text, buttons),
  showWarningMessage: (text: string, ...more: (string | vscode.MessageOptions)[]) =>
    typeof more[0] === "object" ? showDialog(text, more) : show("warning", text, more.map(String)),
  showInformationMessage: (text: string, ...more: (string | vscode.MessageOptions)[]) =>
    typeof more[0] === "object"
      ? showDialog(text, more, "information")
      : show("information", text, more.map(String)),
  withProgress: (options: vscode.ProgressOptions, work: ProgressWork) => {
    const messages: (string | undefined)[] = [];
    const cancelled = new EventEmitter<undefined>();
    const { title } = options;
    editor.progress.push({ title, messages, cancel: () => cancelled.fire(undefined) });
    const token = { isCancellationRequested: false, onCancellationRequested: cancelled.event };
    return work({ report: ({ message }) => messages.push(message) }, token);
  },
  onDidChangeWindowState: (listener: (state: { readonly focused: boolean }) => unknown) =>
    editor.windowFocused.event((focused) => listener({ focused })),
  showTextDocument: (document: { readonly uri: Uri }) =>
    Promise.resolve(editor.opened.push(document.uri.toString())),
  createOutputChannel: (name: string, options: { log: true }) => {
    let closed = false;
    const log = (message: string): void => {
      if (closed) throw new Error("Channel has been closed");
      editor.logged.push(`${name}, ${JSON.stringify(options)}: ${message}`);
    };
    const dispose = (): void => void (closed = true);
    const levels = { debug: log, info: log, warn: log, error: log };
    return only<vscode.LogOutputChannel>("LogOutputChannel", { ...levels, dispose });
  },
});

export const commands = only<typeof vscode.commands>("commands", {
  registerCommand: (id: string, run: (...args: unknown[]) => unknown) => {
    if (editor.registered.has(id)) throw new Error(`command '${id}' already exists`);
    editor.registered.set(id, run);
    return { dispose: () => editor.registered.delete(id) };
  },
  executeCommand: (...call: unknown[]) => Promise.resolve(editor.executed.push(call)),
});

type ProgressWork = (
  progress: { readonly report: (step: { readonly message?: string }) => void },
  token: object,
) => Promise<unknown>;

export const StatusBarAlignment = { Left: 1 };

export const ProgressLocation = { Notification: 15 };

export const env = only<typeof vscode.env>("env", {
  clipboard: {
    writeText: (text: string) => {
      editor.clipboard = text;
      return Promise.resolve();
    },
  },
});

export const ConfigurationTarget = { Global: 1 };

export const workspace = only<typeof vscode.workspace>("workspace", {
  getConfiguration: (section?: string) => ({
    get: (name: string, otherwise: unknown) =>
      editor.settings.get(section === undefined ? name : `${section}.${name}`) ?? otherwise,
    inspect: (name: string) => ({ key: name, globalValue: editor.settings.get(name) }),
    update: (name: string, value: unknown) => Promise.resolve(editor.settings.set(name, value)),
  }),
  workspaceFolders: undefined,
  fs: {
    writeFile: (uri: Uri, bytes: Uint8Array) =>
      Promise.resolve(editor.written.set(uri.toString(), Buffer.from(bytes).toString())),
  },
  openTextDocument: (uri: Uri) => Promise.resolve({ uri }),
  onDidSaveTextDocument: (
    listener: (document: { readonly uri: { readonly fsPath: string } }) => unknown,
  ) => editor.saved.event((fsPath) => listener({ uri: { fsPath } })),
  createFileSystemWatcher: ({ base, pattern }: RelativePattern) => {
    const changed = new EventEmitter<undefined>();
    const none = new EventEmitter<undefined>();
    const touch = (): void => changed.fire(undefined);
    const watcher = { pattern: `${base.toString()}/${pattern}`, touch };
    editor.watchers.add(watcher);
    return {
      onDidCreate: none.event,
      onDidChange: changed.event,
      onDidDelete: none.event,
      dispose: () => editor.watchers.delete(watcher),
    };
  },
  onDidChangeConfiguration: (
    listener: (change: Pick<vscode.ConfigurationChangeEvent, "affectsConfiguration">) => unknown,
  ) =>
    editor.settingChanged.event((id) =>
      listener({ affectsConfiguration: (section) => `${id}.`.startsWith(`${section}.`) }),
    ),
});

export const lm = only<typeof vscode.lm>("lm", {
  registerMcpServerDefinitionProvider: (
    id: string,
    provider: vscode.McpServerDefinitionProvider,
  ) => {
    editor.mcp = { id, provider };
    return { dispose: () => delete editor.mcp };
  },
});

function show(kind: Message["kind"], text: string, buttons: string[]): Promise<string | undefined> {
  const message = { kind, text, buttons };
  editor.messages.push(message);
  return Promise.resolve(editor.press(message));
}

/** A dialog; resolves with the button itself, which is a text or an item. */
function showDialog(
  text: string,
  [options, ...items]: readonly (string | vscode.MessageOptions)[],
  kind: Message["kind"] = "warning",
): Promise<string | vscode.MessageItem | undefined> {
  if (typeof options !== "object" || !options.modal)
    throw new Error("test/support/vscode.ts has modal dialogs alone");
  const choices = items as readonly (string | vscode.MessageItem)[];
  const titleOf = (choice: string | vscode.MessageItem): string =>
    typeof choice === "string" ? choice : choice.title;
  const closing = choices.find((item) => typeof item === "object" && item.isCloseAffordance);
  const closedBy = closing && titleOf(closing);
  const dialog = { detail: options.detail, closedBy };
  const message: Message = { kind, text, buttons: choices.map(titleOf), dialog };
  editor.messages.push(message);
  const pressed = editor.press(message) ?? closedBy;
  return Promise.resolve(choices.find((choice) => titleOf(choice) === pressed));
}

/** An object with these members of T, whose every other member is an error to touch. */
function only<T extends object>(name: string, members: { readonly [Key in keyof T]?: unknown }): T {
  return new Proxy(members, {
    get(target, key) {
      if (key in target || typeof key === "symbol") return Reflect.get(target, key) as unknown;
      throw new Error(`test/support/vscode.ts has no ${name}.${key}`);
    },
  }) as T;
}
