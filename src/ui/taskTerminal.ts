import * as vscode from "vscode";
import type { OutputAnswer } from "../panel/protocol";
import { outputStart, type OutputCursor } from "../tasks/outputLog";
import { OutputText } from "../tasks/outputText";
import { isCancellable, isEnded, type Task } from "../tasks/task";
import { asError } from "../tasks/taskError";
import type { TaskManager } from "../tasks/taskManager";
import { cancelTask, type CancelParts } from "./cancelTask";
import { formatElapsed } from "./elapsed";
import { OutputFeed } from "./outputFeed";
import { receiptLines } from "./receiptText";
import { describeStatus, noteOf, titleOf, visible } from "./taskText";
import { TerminalFilter } from "./terminalFilter";

export interface TerminalParts extends CancelParts {
  readonly tasks: Pick<
    TaskManager,
    "cancelTask" | "getTask" | "onDidAppendOutput" | "onDidChangeTask" | "readOutput"
  >;
}

const interrupt = "\x03";

/**
 * A task's output in a terminal of the editor, from its start on. Ctrl+C cancels, and once more kills; closing the terminal
 * only stops watching.
 */
export class TaskTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.written.event;
  private readonly closed = new vscode.EventEmitter<void>();
  readonly onDidClose = this.closed.event;
  private feed: OutputFeed | undefined;
  private follower: { dispose(): void } | undefined;
  private readonly text = new OutputText();
  private readonly filter = new TerminalFilter();
  private cursor: OutputCursor = outputStart;
  private question = 0;
  /** All of the output has been written, and how it ended. */
  private isDone = false;
  private said = "";
  private isHinted = false;

  constructor(
    private readonly parts: TerminalParts,
    private readonly taskId: string,
    private readonly onClosed: () => void,
  ) {}

  open(): void {
    const { tasks } = this.parts;
    this.feed = new OutputFeed(tasks, (answer) => this.draw(answer));
    this.follower = tasks.onDidChangeTask((task) => {
      if (task.id === this.taskId && !isEnded(task)) this.tell(task);
    });
    this.ask();
  }

  /** The task goes on. */
  close(): void {
    this.feed?.dispose();
    this.follower?.dispose();
    this.written.dispose();
    this.closed.dispose();
    this.onClosed();
  }

  /** Also called with what the terminal itself answers to a host that asks for its kind; that begins with an escape. */
  handleInput(data: string): void {
    const task = this.parts.tasks.getTask(this.taskId);
    if (this.isDone || !task) {
      if (data === "\r") this.leave();
    } else if (data === interrupt && isCancellable(task)) {
      const force = task.status === "cancelling";
      if (force) this.say("Killing it now.");
      void cancelTask(this.parts, this.taskId, "terminal", force).catch((error: unknown) =>
        this.say(asError(error).message),
      );
    } else if (!this.isHinted && !data.startsWith("\x1b")) {
      this.isHinted = true;
      this.say("The task takes no input. Ctrl+C cancels it; closing this terminal does not.");
    }
  }

  /** The editor calls `close` only where the person has closed the terminal. */
  private leave(): void {
    this.closed.fire();
    this.close();
  }

  private ask(): void {
    this.feed?.ask({ question: ++this.question, taskId: this.taskId, cursor: this.cursor });
  }

  private draw(answer: OutputAnswer): void {
    this.cursor = answer.next;
    const text = this.filter.push(this.text.add(answer));
    this.written.fire(text.replace(/\r?\n/g, "\r\n"));
    if (answer.done) this.finish();
    else this.ask();
  }

  /** What becomes of it while it lives. */
  private tell(task: Task): void {
    const news =
      task.status === "cancelling" ? "Cancelling. Ctrl+C once more kills it." : noteOf(task)?.text;
    if (news === undefined || news === this.said) return;
    this.said = news;
    this.say(news);
  }

  private finish(): void {
    const task = this.parts.tasks.getTask(this.taskId);
    this.isDone = true;
    if (task) {
      this.say(`${describeStatus(task)} after ${formatElapsed(task, Date.now())}.`);
      const receipt = "receipt" in task ? task.receipt : undefined;
      if (receipt)
        for (const { label, text } of receiptLines(receipt)) this.say(`${label}: ${text}`);
      else this.sayNote(task);
    }
    this.say("Press Enter to close the terminal.");
  }

  private sayNote(task: Task): void {
    const note = noteOf(task);
    if (note) this.say(note.text);
  }

  /** On a line of its own, in italics and without the colours of the output; what is in it comes from a host in part. */
  private say(text: string): void {
    const lineBreak = this.text.breakLine().replace("\n", "\r\n");
    const plain = visible(text).replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
    this.written.fire(`${lineBreak}\x18\x1b[0;3m${plain}\x1b[0m\r\n`);
  }
}

/** The open terminals of this window, one a task; the editor ends them with itself. */
export class TaskTerminals {
  private readonly terminals = new Map<string, vscode.Terminal>();

  constructor(private readonly parts: TerminalParts) {}

  /** Shows the task's terminal, which is opened where there is none. */
  show(task: Task): void {
    const terminal = this.terminals.get(task.id) ?? this.create(task);
    this.terminals.set(task.id, terminal);
    terminal.show();
  }

  private create(task: Task): vscode.Terminal {
    return vscode.window.createTerminal({
      name: `${task.alias}: ${titleOf(task.command, 30)}`,
      iconPath: new vscode.ThemeIcon("server-process"),
      pty: new TaskTerminal(this.parts, task.id, () => this.terminals.delete(task.id)),
      isTransient: true,
    });
  }
}
