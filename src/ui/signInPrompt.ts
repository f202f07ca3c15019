import * as vscode from "vscode";
import type { HostKeyQuestion, SecretQuestion, SignInPrompt } from "../tasks/signInPrompt";

/** Names of secrets that are kept begin with it; the storage is the extension's own. */
const prefix = "secret.";
/** Holds the names of those that are kept: the storage itself can't list them in every editor. */
const indexKey = "secrets";

const keepButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("save"),
  tooltip: "Keep it in the editor's secret storage",
};
const keptButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("save-all"),
  tooltip: "It will be kept in the editor's secret storage; press to keep it for this session only",
};

export type SecretStorage = Pick<vscode.SecretStorage, "get" | "store" | "delete">;

/**
 * The person at the editor. What they type is kept for good only where they press the button for that, in the editor's
 * secret storage, which asks the system's keychain.
 */
export class EditorSignInPrompt implements SignInPrompt {
  readonly isPerson = true;

  constructor(private readonly storage: SecretStorage) {}

  async askSecret(question: SecretQuestion, signal: AbortSignal): Promise<string | undefined> {
    const { name, isRetry } = question;
    if (name !== undefined && isRetry) await this.delete(name);
    const kept = name === undefined ? undefined : await this.storage.get(prefix + name);
    if (kept !== undefined || signal.aborted) return kept;
    const answer = await showInput(question, signal);
    if (answer?.keep && name !== undefined) await this.keep(name, answer.secret);
    return answer?.secret;
  }

  async trustHostKey(
    { alias, name, type, fingerprint, file }: HostKeyQuestion,
    signal: AbortSignal,
  ): Promise<"always" | "once" | undefined> {
    const choice = await vscode.window.showWarningMessage(
      `Trust the key of ${alias}?`,
      {
        modal: true,
        detail:
          `No known_hosts file has a key of ${name}. It shows this one:\n\n${type}\n${fingerprint}\n\n` +
          `Compare it with what whoever runs the host has told you. Trust and Add writes it to ${file}.`,
      },
      ...trustChoices,
    );
    return signal.aborted ? undefined : choice?.answer;
  }

  tell(alias: string, text: string, signal: AbortSignal): void {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: `Sign in to ${alias}`,
    };
    void vscode.window.withProgress(options, async (progress) => {
      progress.report({ message: text });
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    });
  }

  async announce(alias: string): Promise<boolean> {
    const text = `${alias} needs you to sign in again, so that its tasks can be followed and cancelled.`;
    return (await vscode.window.showWarningMessage(text, signIn)) === signIn;
  }

  /** Deletes all secrets that were kept. @returns how many there were. */
  async forget(): Promise<number> {
    const names = await this.keptNames();
    for (const name of names) await this.storage.delete(prefix + name);
    await this.storage.delete(indexKey);
    return names.length;
  }

  private async keep(name: string, secret: string): Promise<void> {
    const names = new Set([...(await this.keptNames()), name]);
    await this.storage.store(indexKey, JSON.stringify([...names]));
    await this.storage.store(prefix + name, secret);
  }

  private async delete(name: string): Promise<void> {
    const names = (await this.keptNames()).filter((one) => one !== name);
    await this.storage.delete(prefix + name);
    await this.storage.store(indexKey, JSON.stringify(names));
  }

  private async keptNames(): Promise<readonly string[]> {
    try {
      const names: unknown = JSON.parse((await this.storage.get(indexKey)) ?? "[]");
      return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
    } catch {
      return []; // somebody else's
    }
  }
}

const signIn = "Sign In";

interface TrustChoice extends vscode.MessageItem {
  readonly answer: "always" | "once" | undefined;
}

const trustChoices: readonly TrustChoice[] = [
  { title: "Trust and Add", answer: "always" },
  { title: "Once", answer: "once" },
  { title: "Cancel", answer: undefined, isCloseAffordance: true },
];

/** Undefined when it was closed, by the person or by the end of the connection. */
function showInput(
  question: SecretQuestion,
  signal: AbortSignal,
): Promise<{ readonly secret: string; readonly keep: boolean } | undefined> {
  const input = vscode.window.createInputBox();
  const { alias, purpose, prompt, instruction, echo, isRetry, name, round } = question;
  input.title = `Sign in to ${alias}`;
  input.step = round?.step;
  input.totalSteps = round?.of;
  input.prompt = [isRetry ? refusals[purpose] : "", instruction, prompt].filter(Boolean).join(" ");
  input.placeholder = titles[purpose];
  input.password = !echo;
  input.ignoreFocusOut = true;
  let keep = false;
  if (name !== undefined) input.buttons = [keepButton];
  return new Promise((resolve) => {
    const close = (): void => input.hide();
    signal.addEventListener("abort", close, { once: true });
    input.onDidTriggerButton(() => {
      keep = !keep;
      input.buttons = [keep ? keptButton : keepButton];
    });
    input.onDidAccept(() => {
      resolve({ secret: input.value, keep });
      input.hide();
    });
    input.onDidHide(() => {
      resolve(undefined);
      signal.removeEventListener("abort", close);
      input.dispose();
    });
    input.show();
  });
}

const refusals: Readonly<Record<SecretQuestion["purpose"], string>> = {
  passphrase: "That was wrong.",
  password: "The server refused that.",
  code: "The server refused that.",
};

const titles: Readonly<Record<SecretQuestion["purpose"], string>> = {
  passphrase: "Passphrase",
  password: "Password",
  code: "Answer",
};
