import type { QuickInputButton } from "vscode";
import { EventEmitter } from "./editorTypes";

/** An input box of the editor as the code sees it, and the person who uses it. */
export class FakeInputBox {
  title = "";
  prompt = "";
  placeholder = "";
  step: number | undefined;
  totalSteps: number | undefined;
  value = "";
  password = false;
  ignoreFocusOut = false;
  buttons: readonly QuickInputButton[] = [];
  isOpen = false;
  disposed = false;
  private readonly accepted = new EventEmitter<void>();
  private readonly hidden = new EventEmitter<void>();
  private readonly triggered = new EventEmitter<QuickInputButton>();
  readonly onDidAccept = this.accepted.event;
  readonly onDidHide = this.hidden.event;
  readonly onDidTriggerButton = this.triggered.event;

  show(): void {
    this.isOpen = true;
  }

  hide(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.hidden.fire();
  }

  dispose(): void {
    this.disposed = true;
  }

  /** The person types, and presses Enter. */
  type(text: string): void {
    this.value = text;
    this.accepted.fire();
  }

  /** The person presses the first button. */
  press(): void {
    const [button] = this.buttons;
    if (button) this.triggered.fire(button);
  }
}
