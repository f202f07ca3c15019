import * as vscode from "vscode";
import type { ConsentAnswer, ConsentAsker, ConsentQuestion } from "../tasks/consent";
import { visibleOutput } from "../tasks/visibleText";

interface Choice extends vscode.MessageItem {
  readonly answer: ConsentAnswer;
}

const titles: Readonly<Record<ConsentAnswer, string>> = {
  once: "Once",
  session: "This Session",
  always: "Always on This Host",
  deny: "Deny",
};

const maxShownCommand = 1000;

/** Asks the person in a dialog of the editor, which nobody but they can answer. */
export const consentDialog: ConsentAsker = {
  async ask(question) {
    const { alias } = question.host;
    const choices = question.offers.map<Choice>((answer) => ({
      answer,
      title: titles[answer],
      isCloseAffordance: answer === "deny",
    }));
    const message = `Allow an agent to run a command on ${alias}?`;
    const options = { modal: true, detail: detailOf(question) };
    const choice = await vscode.window.showWarningMessage(message, options, ...choices);
    return choice?.answer;
  },
};

function detailOf({ host, command, client, rule }: ConsentQuestion): string {
  const { user, hostName, port } = host;
  const where = `${user}@${hostName}${port === 22 ? "" : `:${port}`}`;
  const name = client.replace(/^agent:/, "");
  const shown = Array.from(visibleOutput(command));
  const rest = shown.length - maxShownCommand;
  return [
    shown.slice(0, maxShownCommand).join("") + (rest > 0 ? ` … (${rest} more characters)` : ""),
    `${name} wants to run it as ${where}.`,
    ...(rule === undefined ? [] : [`Your policy wants you asked: ${rule}.`]),
  ].join("\n\n");
}
