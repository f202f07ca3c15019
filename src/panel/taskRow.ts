import { elapsedText } from "./elapsed";
import { element, setText } from "./element";
import { icon } from "./icons";
import type { TaskAction, TaskView } from "./protocol";

/** The columns of the table; the names are also those of their styles. */
export const columns = [
  { name: "status", title: "Status" },
  { name: "command", title: "Command" },
  { name: "host", title: "Host" },
  { name: "started", title: "Started" },
  { name: "elapsed", title: "Elapsed" },
  { name: "actions", title: "Actions" },
] as const;
type Column = (typeof columns)[number]["name"];

/** One task's row, changed in place so that focus and selection stay where they are. */
export class TaskRow {
  readonly element = element("vscode-data-grid-row");
  private readonly cells: Readonly<Record<Column, HTMLElement>>;
  private view: TaskView | undefined;
  private actionButton: HTMLElement | undefined;

  constructor(private readonly onAction: (taskId: string, kind: TaskAction["kind"]) => void) {
    this.cells = {
      status: this.addCell("status"),
      command: this.addCell("command"),
      host: this.addCell("host"),
      started: this.addCell("started"),
      elapsed: this.addCell("elapsed"),
      actions: this.addCell("actions"),
    };
  }

  draw(view: TaskView, now: number): void {
    if (view === this.view) return;
    const before = this.view;
    this.view = view;
    const { status, command, host, started } = this.cells;
    this.element.dataset.taskId = view.id;
    if (view.status !== before?.status || view.statusText !== before.statusText) {
      status.replaceChildren(icon(view.status), element("span", {}, view.statusText));
      status.title = view.statusText;
    }
    setText(command, view.title);
    command.title = view.command;
    setText(host, view.alias);
    host.title = view.alias;
    const date = new Date(view.createdAt);
    setText(started, formatStart(date, new Date(now)));
    started.title = date.toLocaleString();
    this.drawAction(view);
    this.tick(now);
  }

  tick(now: number): void {
    if (this.view) setText(this.cells.elapsed, elapsedText(this.view, now));
  }

  select(selected: boolean): void {
    this.element.setAttribute("aria-selected", String(selected));
  }

  private drawAction({ action, title, alias }: TaskView): void {
    if (!action) {
      // A focused button that goes would take the focus with it, out of the table.
      if (this.actionButton?.matches(":focus-within")) this.cells.actions.focus();
      this.actionButton?.remove();
      this.actionButton = undefined;
      return;
    }
    this.actionButton ??= this.addActionButton();
    this.actionButton.title = action.label;
    this.actionButton.setAttribute("aria-label", `${action.label} ${title} on ${alias}`);
  }

  private addActionButton(): HTMLElement {
    const button = element("vscode-button", { appearance: "icon" }, icon("stop"));
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      // The second click of a double click was not meant for what the button has become by the first.
      if (this.view?.action && event.detail < 2) this.onAction(this.view.id, this.view.action.kind);
    });
    this.cells.actions.append(button);
    return button;
  }

  private addCell(name: Column): HTMLElement {
    const index = columns.findIndex((column) => column.name === name) + 1;
    const attributes = { "grid-column": String(index), class: `column-${name}` };
    const cell = element("vscode-data-grid-cell", attributes);
    this.element.append(cell);
    return cell;
  }
}

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

function formatStart(date: Date, now: Date): string {
  return date.toDateString() === now.toDateString() ? time.format(date) : day.format(date);
}
