import * as vscode from "vscode";
import type { Logger } from "../tasks/logger";
import type { Disposable } from "../tasks/lifecycle";

/** The log as a person can open it. */
export interface Log extends Logger {
  show(): void;
}

/**
 * Opens the "SSH Tasks" log of the Output view; its level is the person's to set there. What still ends after its disposal
 * (a connection says its goodbye) may go on writing to it: that is dropped, where VS Code would throw.
 */
export function openLog(): Log & Disposable {
  const channel = vscode.window.createOutputChannel("SSH Tasks", { log: true });
  let disposed = false;
  const unlessDisposed =
    (write: (message: string) => void) =>
    (message: string): void => {
      if (!disposed) write(message);
    };
  return {
    debug: unlessDisposed((message) => channel.debug(message)),
    info: unlessDisposed((message) => channel.info(message)),
    warn: unlessDisposed((message) => channel.warn(message)),
    error: unlessDisposed((message) => channel.error(message)),
    show: () => channel.show(),
    dispose: () => {
      disposed = true;
      channel.dispose();
    },
  };
}
