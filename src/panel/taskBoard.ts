import { isTicking } from "./elapsed";
import { element } from "./element";
import { createEmptyState } from "./emptyState";
import { OutputView } from "./outputView";
import type { FromPanel, Handlers, Message, TaskAction, TaskView, ToPanel } from "./protocol";
import { defaultShare, Splitter } from "./splitter";
import { TaskDetails } from "./taskDetails";
import { TaskTable } from "./taskTable";

/** What VS Code keeps for the panel while its page is gone, also across a reload of the window. */
export interface PanelState {
  readonly selected?: string;
  readonly share?: number;
}

export interface BoardParts {
  readonly send: (message: Message<FromPanel>) => void;
  readonly state: PanelState;
  readonly keep: (state: PanelState) => void;
}

/** The whole panel: the tasks above, the selected one's details and output below. */
export class TaskBoard {
  /** What the extension tells goes in here. */
  readonly handlers: Handlers<ToPanel> = {
    state: ({ tasks, now, select }) => {
      this.setClock(now);
      this.tasks = new Map(tasks.map((task) => [task.id, task]));
      if (select !== undefined) this.keep({ selected: select });
      this.draw();
      this.output.resume();
    },
    changes: ({ tasks, removed, now }) => {
      this.setClock(now);
      for (const task of tasks) this.tasks.set(task.id, task);
      for (const id of removed) this.tasks.delete(id);
      this.draw();
    },
    select: ({ taskId }) => this.select(taskId),
    output: (answer) => this.output.draw(answer),
  };

  private readonly table: TaskTable;
  private readonly details: TaskDetails;
  private readonly output: OutputView;
  private readonly main: HTMLElement;
  private readonly empty: HTMLElement;
  private tasks = new Map<string, TaskView>();
  private kept: PanelState;
  /** How far the extension's clock, which may be another machine's, is ahead of ours. */
  private ahead = 0;
  private ticker: number | undefined;

  constructor(private readonly parts: BoardParts) {
    const { send, state } = parts;
    this.kept = state;
    const act = (taskId: string, kind: TaskAction["kind"]): void => {
      if (kind === "stopLeftovers") send({ type: "stopLeftovers", body: { taskId } });
      else send({ type: "cancel", body: { taskId, force: kind === "forceKill" } });
    };
    this.table = new TaskTable({ select: (taskId) => this.select(taskId), act });
    this.details = new TaskDetails(act);
    this.output = new OutputView((question) => send({ type: "readOutput", body: question }));
    const splitter = new Splitter({
      share: state.share ?? defaultShare,
      onChange: (share) => this.keep({ share }),
    });
    this.main = element("main", { class: "board" }, this.table.element, splitter.element);
    this.main.append(this.details.element, this.output.element);
    this.empty = createEmptyState(() => send({ type: "runTask", body: {} }));
  }

  /** Puts everything on the page and asks the extension for the state. */
  open(): void {
    this.main.hidden = this.empty.hidden = true;
    document.body.append(this.main, this.empty);
    this.output.open();
    this.askForState();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.askForState();
    });
  }

  private askForState(): void {
    this.parts.send({ type: "ready", body: {} });
  }

  private select(taskId: string): void {
    this.keep({ selected: taskId });
    this.draw();
  }

  private draw(): void {
    const task = this.selectedTask();
    if (task && task.id !== this.kept.selected) this.keep({ selected: task.id });
    this.main.hidden = !task;
    this.empty.hidden = task !== undefined;
    this.table.draw(this.tasks, this.now());
    this.table.select(task?.id);
    this.details.show(task, this.now());
    this.output.show(task);
    this.followTime();
  }

  /** The one that was asked for or, if it is not there, the newest. */
  private selectedTask(): TaskView | undefined {
    return this.tasks.get(this.kept.selected ?? "") ?? [...this.tasks.values()].at(-1);
  }

  private keep(change: PanelState): void {
    this.kept = { ...this.kept, ...change };
    this.parts.keep(this.kept);
  }

  private followTime(): void {
    const ticking = [...this.tasks.values()].some(isTicking);
    if (ticking) {
      this.ticker ??= window.setInterval(() => this.tick(), 1000);
    } else {
      window.clearInterval(this.ticker);
      this.ticker = undefined;
    }
  }

  private tick(): void {
    this.table.tick(this.tasks, this.now());
    this.details.tick(this.now());
  }

  private setClock(now: number): void {
    this.ahead = now - Date.now();
  }

  private now(): number {
    return Date.now() + this.ahead;
  }
}
