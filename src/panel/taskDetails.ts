import { elapsedText } from "./elapsed";
import { element, setText } from "./element";
import { icon } from "./icons";
import type { TaskAction, TaskView } from "./protocol";

/** The selected task in words: what, where, how it stands, and what is known of its end. */
export class TaskDetails {
  readonly element: HTMLElement;
  private readonly status = element("span", { class: "details-status" });
  private readonly command = element("h1", { class: "details-command" });
  private readonly host = element("span");
  private readonly elapsed = element("span");
  private readonly facts = element("p", { class: "details-facts" });
  private readonly note = element("p", { class: "details-note" });
  /** Says changes of the state to a screen reader; the elapsed time is no such change. */
  private readonly announcer = element("div", { class: "visually-hidden", role: "status" });
  private readonly receipt = element("dl", { class: "details-receipt" });
  private readonly actionButton: HTMLElement;
  private view: TaskView | undefined;

  constructor(onAction: (taskId: string, kind: TaskAction["kind"]) => void) {
    const attributes = { appearance: "secondary", class: "details-action" };
    this.actionButton = element("vscode-button", attributes);
    this.actionButton.addEventListener("click", ({ detail }) => {
      // The second click of a double click was not meant for what the button has become by the first.
      if (this.view?.action && detail < 2) onAction(this.view.id, this.view.action.kind);
    });
    const text = element("div", { class: "details-text" }, this.command, this.facts);
    const line = element("div", { class: "details-line" }, text, this.actionButton);
    this.element = element("header", { class: "details" }, line, this.note, this.receipt);
    this.element.append(this.announcer);
  }

  show(view: TaskView | undefined, now: number): void {
    const before = this.view;
    this.view = view;
    this.element.hidden = !view;
    if (!view || view === before) return;
    setText(this.command, view.title);
    this.command.title = view.command;
    this.status.replaceChildren(icon(view.status), view.statusText);
    setText(this.host, view.alias);
    const facts = view.facts.map((fact) => element("span", {}, fact));
    this.facts.replaceChildren(this.status, this.host, this.elapsed, ...facts);
    this.actionButton.hidden = !view.action;
    setText(this.actionButton, view.action?.label ?? "");
    this.showNote(view);
    this.showReceipt(view);
    this.tick(now);
    if (before?.id === view.id && before.status !== view.status) this.announce(view);
  }

  tick(now: number): void {
    if (this.view) setText(this.elapsed, elapsedText(this.view, now));
  }

  private showNote({ note }: TaskView): void {
    this.note.hidden = !note;
    if (!note) return;
    this.note.dataset.kind = note.kind;
    this.note.replaceChildren(icon(note.kind), element("span", {}, note.text));
  }

  private showReceipt({ receipt = [] }: TaskView): void {
    this.receipt.hidden = receipt.length === 0;
    const lines = receipt.flatMap(({ label, text }) => [
      element("dt", {}, label),
      element("dd", { title: text }, text),
    ]);
    this.receipt.replaceChildren(...lines);
  }

  private announce({ title, alias, statusText, note }: TaskView): void {
    setText(this.announcer, `${title} on ${alias}: ${statusText}. ${note?.text ?? ""}`);
  }
}
