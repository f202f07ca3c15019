import type * as vscode from "vscode";
import { EventEmitter, Uri } from "./editorTypes";

/** The view of the activity bar, with what the extension gave it. */
export class FakeTreeView {
  visible = true;
  badge: vscode.ViewBadge | undefined;
  message: string | undefined;
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
