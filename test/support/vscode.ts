/** Stands in for the module `vscode` in tests of src/ui: what they use of it, and an error for everything else. */
import type * as vscode from "vscode";
import { FakeInputBox } from "./fakeInputBox";

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
  readonly quickPicks: FakeQuickPick[];
  readonly inputBoxes: FakeInputBox[];
  /** Files that were opened, by their URIs. */
  readonly opened: string[];
  tree?: FakeTreeView;
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

export class EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => unknown>();
  readonly event = (listener: (value: T) => unknown) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  dispose(): void {
    this.listeners.clear();
  }
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
    quickPicks: [],
    inputBoxes: [],
    opened: [],
  };
}

export let editor = createEditor();

export function resetEditor(): Editor {
  editor = createEditor();
  return editor;
}

export class ThemeColor implements vscode.ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon implements vscode.ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export class MarkdownString {
  value = "";
  isTrusted?: boolean;

  appendMarkdown(value: string): this {
    this.value += value;
    return this;
  }

  appendCodeblock(code: string, language = ""): this {
    this.value += `\n\`\`\`${language}\n${code}\n\`\`\`\n`;
    return this;
  }
}

export enum TreeItemCollapsibleState {
  None = 0,
}

export class TreeItem {
  id?: string;
  description?: string;
  tooltip?: MarkdownString;
  iconPath?: ThemeIcon;
  contextValue?: string;
  command?: vscode.Command;
  accessibilityInformation?: vscode.AccessibilityInformation;

  constructor(
    readonly label: string,
    readonly collapsibleState = TreeItemCollapsibleState.None,
  ) {}
}

export enum ViewColumn {
  Active = -1,
}

export class Uri {
  private constructor(private readonly text: string) {}

  static parse(text: string): Uri {
    return new Uri(text);
  }

  static file(path: string): Uri {
    return new Uri(`file://${path}`);
  }

  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri([base.text, ...parts].join("/"));
  }

  toString(): string {
    return this.text;
  }
}

export class McpHttpServerDefinition {
  constructor(
    readonly label: string,
    readonly uri: Uri,
    readonly headers: Record<string, string> = {},
    readonly version?: string,
  ) {}
}

/** The view of the activity bar, with what the extension gave it. */
export class FakeTreeView {
  visible = true;
  badge: vscode.ViewBadge | undefined;
  disposed = false;
  private readonly visibility = new EventEmitter<vscode.TreeViewVisibilityChangeEvent>();
  readonly onDidChangeVisibility = this.visibility.event;

  constructor(readonly provider: vscode.TreeDataProvider<string>) {}

  setVisible(visible: boolean): void {
    this.visible = visible;
    this.visibility.fire({ visible });
  }

  dispose(): void {
    this.disposed = true;
  }
}

/** An editor tab with a page in it; `say` speaks for the page, `heard` is what it was told. */
export class FakeWebviewPanel {
  visible = true;
  disposed = false;
  readonly heard: unknown[] = [];
  readonly reveals: unknown[][] = [];
  iconPath: unknown;
  private readonly received = new EventEmitter<unknown>();
  private readonly viewState = new EventEmitter<undefined>();
  private readonly closed = new EventEmitter<undefined>();
  readonly onDidChangeViewState = this.viewState.event;
  readonly onDidDispose = this.closed.event;
  readonly webview = {
    html: "",
    options: {} as vscode.WebviewOptions,
    onDidReceiveMessage: this.received.event,
    postMessage: (message: unknown) => Promise.resolve(this.heard.push(message) > 0),
    asWebviewUri: (uri: Uri) => Uri.parse(`webview:${uri.toString()}`),
  };

  constructor(
    readonly viewType: string,
    readonly showOptions: unknown,
  ) {}

  say(message: unknown): void {
    this.received.fire(message);
  }

  setVisible(visible: boolean): void {
    this.visible = visible;
    this.viewState.fire(undefined);
  }

  reveal(...args: unknown[]): void {
    this.reveals.push(args);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.closed.fire(undefined);
  }
}

/** A list that the extension fills; `press` is the person at one of its buttons. */
export class FakeQuickPick {
  title = "";
  placeholder = "";
  busy = false;
  matchOnDescription = false;
  items: readonly vscode.QuickPickItem[] = [];
  buttons: readonly vscode.QuickInputButton[] = [];
  visible = false;
  disposed = false;
  private readonly pressed = new EventEmitter<vscode.QuickInputButton | undefined>();
  private readonly accepted = new EventEmitter<undefined>();
  private readonly hidden = new EventEmitter<undefined>();
  readonly onDidTriggerButton = this.pressed.event;
  readonly onDidAccept = this.accepted.event;
  readonly onDidHide = this.hidden.event;

  show(): void {
    this.visible = true;
  }

  hide(): void {
    this.visible = false;
    this.hidden.fire(undefined);
  }

  press(): void {
    this.pressed.fire(this.buttons[0]);
  }

  accept(): void {
    this.accepted.fire(undefined);
  }

  dispose(): void {
    this.disposed = true;
  }
}

export const window = only<typeof vscode.window>("window", {
  createTreeView: (_id: string, options: { treeDataProvider: vscode.TreeDataProvider<string> }) =>
    (editor.tree = new FakeTreeView(options.treeDataProvider)),
  createWebviewPanel: (viewType: string, _title: string, showOptions: unknown) => {
    const panel = new FakeWebviewPanel(viewType, showOptions);
    editor.panels.push(panel);
    return panel;
  },
  registerWebviewPanelSerializer: (_type: string, serializer: vscode.WebviewPanelSerializer) => {
    editor.serializer = serializer;
    return { dispose: () => delete editor.serializer };
  },
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
  showInformationMessage: (text: string, ...buttons: string[]) =>
    show("information", text, buttons),
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

export const ConfigurationTarget = { Global: 1 };

export const ProgressLocation = { Notification: 15 };

export const workspace = only<typeof vscode.workspace>("workspace", {
  getConfiguration: (section?: string) => ({
    get: (name: string, otherwise: unknown) =>
      editor.settings.get(section === undefined ? name : `${section}.${name}`) ?? otherwise,
    inspect: (name: string) => ({ key: name, globalValue: editor.settings.get(name) }),
    update: (name: string, value: unknown) => Promise.resolve(editor.settings.set(name, value)),
  }),
  openTextDocument: (uri: Uri) => Promise.resolve({ uri }),
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

/** A dialog whose buttons are items; resolves with the item itself. */
function showDialog(
  text: string,
  [options, ...items]: readonly (string | vscode.MessageOptions)[],
): Promise<vscode.MessageItem | undefined> {
  const buttons = items.filter((item) => typeof item === "object" && "title" in item);
  if (typeof options !== "object" || !options.modal || buttons.length !== items.length)
    throw new Error("test/support/vscode.ts has modal dialogs with items alone");
  const choices = buttons as readonly vscode.MessageItem[];
  const closedBy = choices.find((item) => item.isCloseAffordance)?.title;
  const dialog = { detail: options.detail, closedBy };
  const titles = choices.map(({ title }) => title);
  const message: Message = { kind: "warning", text, buttons: titles, dialog };
  editor.messages.push(message);
  const pressed = editor.press(message) ?? closedBy;
  return Promise.resolve(choices.find(({ title }) => title === pressed));
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
