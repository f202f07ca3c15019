import { isTicking } from "./elapsed";
import { element, setText } from "./element";
import type { TaskAction, TaskView } from "./protocol";
import { columns, TaskRow } from "./taskRow";

/** Rows drawn at the most; each costs the browser about a millisecond. */
const maxRows = 500;

export interface TableActions {
  readonly select: (taskId: string) => void;
  readonly act: (taskId: string, kind: TaskAction["kind"]) => void;
}

/** All tasks, newest first, in the toolkit's data grid. */
export class TaskTable {
  readonly element: HTMLElement;
  private readonly grid = element("vscode-data-grid", {
    "generate-header": "none",
    "aria-label": "SSH tasks",
  });
  private readonly footer = element("p", { class: "table-footer" });
  private readonly rows = new Map<string, TaskRow>();
  private selected: string | undefined;

  constructor(private readonly actions: TableActions) {
    this.grid.append(createHeader());
    this.element = element("div", { class: "table" }, this.grid, this.footer);
    this.grid.addEventListener("click", (event) => this.selectAt(event));
    this.grid.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
  }

  /** Brings the rows in step with the tasks, given oldest first. */
  draw(tasks: ReadonlyMap<string, TaskView>, now: number): void {
    const shown = choose([...tasks.values()].reverse());
    const ids = new Set(shown.map((task) => task.id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    let before = this.grid.firstElementChild;
    for (const task of shown) {
      const row = this.rowOf(task.id);
      row.draw(task, now);
      if (before?.nextElementSibling !== row.element) before?.after(row.element);
      before = row.element;
    }
    const hidden = tasks.size - shown.length;
    this.footer.hidden = hidden === 0;
    setText(this.footer, `Showing the newest ${shown.length} of ${tasks.size} tasks.`);
  }

  tick(tasks: ReadonlyMap<string, TaskView>, now: number): void {
    for (const task of tasks.values()) if (isTicking(task)) this.rows.get(task.id)?.tick(now);
  }

  select(taskId: string | undefined): void {
    if (taskId === this.selected) return;
    if (this.selected !== undefined) this.rows.get(this.selected)?.select(false);
    this.selected = taskId;
    const row = taskId === undefined ? undefined : this.rows.get(taskId);
    row?.select(true);
    row?.element.scrollIntoView({ block: "nearest" });
  }

  private rowOf(taskId: string): TaskRow {
    const known = this.rows.get(taskId);
    if (known) return known;
    const row = new TaskRow(this.actions.act);
    row.select(taskId === this.selected);
    this.rows.set(taskId, row);
    return row;
  }

  private selectAt(event: Event): void {
    const row = (event.target as Element).closest<HTMLElement>("[data-task-id]");
    if (row?.dataset.taskId !== undefined) this.actions.select(row.dataset.taskId);
  }

  /** What the toolkit's grid leaves undone: Enter opens a row or its button, Escape goes back, Tab leaves the grid. */
  private onKey(event: KeyboardEvent): void {
    const cell = (event.target as Element).closest<HTMLElement>("vscode-data-grid-cell");
    const button = cell?.querySelector<HTMLElement>("vscode-button");
    const onButton = event.target === button;
    if (event.key === "Tab" && !event.shiftKey) this.grid.setAttribute("tabindex", "0");
    else if (event.key === "Escape" && onButton) cell?.focus();
    else if (["Enter", "F2"].includes(event.key) && button && !onButton) button.focus();
    else if (["Enter", " "].includes(event.key) && cell && !onButton) this.selectAt(event);
    else return;
    if (event.key !== "Tab") {
      event.preventDefault();
      event.stopPropagation();
    }
  }
}

/** The newest ones, and every one that has a button, however old it is. */
function choose(newestFirst: readonly TaskView[]): TaskView[] {
  let room = maxRows - newestFirst.filter((task) => task.action !== undefined).length;
  return newestFirst.filter((task) => task.action !== undefined || room-- > 0);
}

function createHeader(): HTMLElement {
  const cells = columns.map(({ name, title }, index) => {
    const text = element("span", name === "actions" ? { class: "visually-hidden" } : {}, title);
    const attributes = { "cell-type": "columnheader", "grid-column": String(index + 1) };
    return element("vscode-data-grid-cell", { ...attributes, class: `column-${name}` }, text);
  });
  return element("vscode-data-grid-row", { "row-type": "header" }, ...cells);
}
