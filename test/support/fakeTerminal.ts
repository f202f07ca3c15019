import type * as vscode from "vscode";

/** A terminal of the editor whose text the extension writes; `type` is the person at its keyboard. */
export class FakeTerminal {
  readonly name: string;
  text = "";
  shows = 0;
  exitStatus: { readonly code: undefined } | undefined;
  private readonly pty: vscode.Pseudoterminal;

  constructor(options: vscode.ExtensionTerminalOptions) {
    this.name = options.name;
    this.pty = options.pty;
    this.pty.onDidWrite((text) => (this.text += text));
    // As VS Code does, which tells the extension nothing then.
    this.pty.onDidClose?.(() => (this.exitStatus = { code: undefined }));
    this.pty.open(undefined);
  }

  show(): void {
    this.shows++;
  }

  type(text: string): void {
    this.pty.handleInput?.(text);
  }

  close(): void {
    this.exitStatus = { code: undefined };
    this.pty.close();
  }
}

/** An entry of the editor's status bar. */
export class FakeStatusBarItem {
  text = "";
  tooltip = "";
  command = "";
  visible = false;
  disposed = false;

  show(): void {
    this.visible = true;
  }

  hide(): void {
    this.visible = false;
  }

  dispose(): void {
    this.disposed = true;
  }
}
