import * as vscode from "vscode";
import type { Logger } from "../tasks/logger";
import type { Disposable } from "../tasks/lifecycle";

/** The log as a person can open it. */
export interface Log extends Logger {
  show(): void;
}

/** Opens the "SSH Tasks" log of the Output view; its level is the person's to set there. */
export function openLog(): Log & Disposable {
  return vscode.window.createOutputChannel("SSH Tasks", { log: true });
}
