import * as vscode from "vscode";
import { asError, TaskError, type TaskErrorCode } from "../tasks/taskError";
import type { CommandId } from "./commandIds";
import type { Log } from "./outputChannel";

interface NextStep {
  readonly title: string;
  readonly command: CommandId | "workbench.action.openSettings";
  readonly argument?: string;
}

const showLog = "Show Log";

const openSettings: NextStep = {
  title: "Open Settings",
  command: "workbench.action.openSettings",
  argument: "sshTasks.",
};

/** What a person can do about a failure with one click; for all others there is the log. */
const nextSteps: Readonly<Partial<Record<TaskErrorCode, NextStep>>> = {
  configUnreadable: openSettings,
  hostNotFound: openSettings,
  policyInvalid: openSettings,
  limitExceeded: openSettings,
  addressDenied: openSettings,
  tooManyTasks: { title: "Open SSH Tasks", command: "sshTasks.openPanel" },
};

/** Messages for the person; the one place of the editor's face where a failure is shown. */
export class Notify {
  constructor(private readonly log: Log) {}

  /** Shows what failed with its next step as a button; resolves once that is taken or the message is gone. */
  async error(error: unknown): Promise<void> {
    const { message, stack } = asError(error);
    this.log.error(error instanceof TaskError ? `${error.code}: ${message}` : (stack ?? message));
    const step = error instanceof TaskError ? nextSteps[error.code] : undefined;
    const button = step?.title ?? showLog;
    const answer = await vscode.window.showErrorMessage(plain(message), button);
    if (answer === undefined) return;
    if (step) await vscode.commands.executeCommand(step.command, step.argument);
    else this.log.show();
  }

  /** Resolves with the button that was pressed. */
  async warn(message: string, buttons: readonly string[] = []): Promise<string | undefined> {
    this.log.warn(message);
    return vscode.window.showWarningMessage(plain(message), ...buttons);
  }

  /** Resolves with the button that was pressed. */
  async ask(message: string, buttons: readonly string[]): Promise<string | undefined> {
    return vscode.window.showInformationMessage(plain(message), ...buttons);
  }

  /** What the person asked for has failed; resolves with the button that was pressed. */
  async fail(message: string, buttons: readonly string[]): Promise<string | undefined> {
    this.log.error(message);
    return vscode.window.showErrorMessage(plain(message), ...buttons);
  }

  /** Asks in a dialog before something is done; resolves with whether it may be. */
  async confirm(question: string, detail: string, title: string): Promise<boolean> {
    const options = { modal: true, detail };
    return (await vscode.window.showWarningMessage(question, options, title)) === title;
  }

  /** Several lines in a dialog, from which the log can be opened. */
  async showDetails(title: string, detail: string): Promise<void> {
    const [log, close] = [{ title: showLog }, { title: "Close", isCloseAffordance: true }];
    const options = { modal: true, detail };
    const answer = await vscode.window.showInformationMessage(title, options, log, close);
    if (answer === log) this.log.show();
  }

  /** What is worth finding in the log later. */
  record(line: string): void {
    this.log.info(line);
  }

  inform(message: string): void {
    void vscode.window.showInformationMessage(plain(message));
  }

  /** Offers the settings to a person who has no hosts to choose from. */
  async noHosts(): Promise<void> {
    const message = "No SSH hosts found. Add a Host entry to your SSH config, or choose another.";
    const answer = await this.warn(message, [openSettings.title]);
    if (answer === undefined) return;
    await vscode.commands.executeCommand(openSettings.command, openSettings.argument);
  }
}

/** Messages render `[text](target)` as a link, and some of the text comes from hosts and agents. */
function plain(message: string): string {
  return message.replaceAll("](", "] (");
}
