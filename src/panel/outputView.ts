import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { OutputText } from "../tasks/outputText";
import { element, setText } from "./element";
import type { OutputAnswer, OutputQuestion, TaskView } from "./protocol";
import { openWithNonce } from "./shims";
import { followTheme } from "./theme";

/** Lines the terminal keeps for scrolling back. */
const scrollback = 10_000;
const start = { stdout: 0, stderr: 0 };

/** The selected task's output, live and read-only: asks for the next piece when it has drawn the one before. */
export class OutputView {
  readonly element: HTMLElement;
  private readonly placeholder = element("p", { class: "output-placeholder" });
  private readonly host = element("div", { class: "output-terminal" });
  private readonly terminal = new Terminal({
    disableStdin: true,
    convertEol: true,
    scrollback,
    // At 1 the rows of some fonts cut off their underscores.
    lineHeight: 1.2,
    cursorInactiveStyle: "none",
    // A link of the output is not followed: its text may name another place than its target.
    linkHandler: { activate: () => undefined },
  });
  private readonly fit = new FitAddon();
  private text = new OutputText();
  private question = 0;
  private cursor: OutputQuestion["cursor"] = start;
  private stage: "asked" | "drawing" | "done" = "done";
  private task: TaskView | undefined;
  private empty = true;

  constructor(private readonly ask: (question: OutputQuestion) => void) {
    this.element = element("section", { class: "output", "aria-label": "Task output" });
    this.element.append(this.placeholder, this.host);
  }

  /** Opens the terminal, once the element is on the page. */
  open(): void {
    this.terminal.loadAddon(this.fit);
    openWithNonce(this.terminal, this.host);
    this.terminal.attachCustomKeyEventHandler((event) => this.onKey(event));
    this.terminal.textarea?.setAttribute("aria-label", "Task output, read-only");
    followTheme(this.terminal, () => this.fit.fit());
    new ResizeObserver(() => this.fit.fit()).observe(this.host);
  }

  /** Shows another task's output from its start, or learns how this one's stands. */
  show(task: TaskView | undefined): void {
    const other = task?.id !== this.task?.id;
    this.task = task;
    if (other) this.restart();
    this.showPlaceholder();
  }

  /** Asks again what the extension may have forgotten, as it does when the panel is hidden. */
  resume(): void {
    if (this.stage === "asked") this.next();
  }

  /** Draws an answer and asks for what comes next; an answer to an older question is another task's. */
  draw(answer: OutputAnswer): void {
    if (answer.question !== this.question) return;
    const text = this.text.add(answer);
    if (text !== "") this.empty = false;
    this.showPlaceholder();
    this.cursor = answer.next;
    this.stage = "drawing";
    this.terminal.write(text, () => {
      if (answer.question !== this.question) return;
      if (answer.done) this.stage = "done";
      else this.next();
    });
  }

  private restart(): void {
    // In the stream, behind what is still being drawn: a reset (RIS), and no cursor, as the command has no terminal.
    this.terminal.write("\x1bc\x1b[?25l");
    this.text = new OutputText();
    this.empty = true;
    this.cursor = start;
    this.next();
  }

  private next(): void {
    this.question++;
    this.stage = "asked";
    const { question, cursor } = this;
    if (this.task) this.ask({ question, taskId: this.task.id, cursor });
  }

  private showPlaceholder(): void {
    const live = this.task?.action !== undefined && this.task.action.kind !== "stopLeftovers";
    setText(this.placeholder, live ? "No output yet." : "No output.");
    this.placeholder.hidden = !this.empty || !this.task;
  }

  /** Keys scroll; all others are the page's and the editor's, Tab among them, which xterm would swallow. */
  private onKey(event: KeyboardEvent): boolean {
    const scroll = this.scrollKeys[event.key];
    if (!scroll || event.type !== "keydown" || event.ctrlKey || event.altKey || event.metaKey) {
      return false;
    }
    event.preventDefault();
    scroll();
    return false;
  }

  private readonly scrollKeys: Readonly<Partial<Record<string, () => void>>> = {
    ArrowUp: () => this.terminal.scrollLines(-1),
    ArrowDown: () => this.terminal.scrollLines(1),
    PageUp: () => this.terminal.scrollPages(-1),
    PageDown: () => this.terminal.scrollPages(1),
    Home: () => this.terminal.scrollToTop(),
    End: () => this.terminal.scrollToBottom(),
  };
}
