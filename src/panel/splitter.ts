import { element } from "./element";

const least = 15;
const most = 80;
const step = 5;

export interface SplitOptions {
  /** The upper part's share of the height, in per cent. */
  readonly share: number;
  readonly onChange: (share: number) => void;
}

/** The line between the table and the output, moved with the pointer or the arrow keys. */
export class Splitter {
  readonly element = element("div", {
    class: "splitter",
    role: "separator",
    tabindex: "0",
    "aria-label": "Height of the task table",
    "aria-orientation": "horizontal",
    "aria-valuemin": String(least),
    "aria-valuemax": String(most),
  });
  private share = 0;

  constructor(private readonly options: SplitOptions) {
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("dblclick", () => this.moveTo(defaultShare));
    this.element.addEventListener("pointerdown", (event) =>
      this.element.setPointerCapture(event.pointerId),
    );
    this.element.addEventListener("pointermove", (event) => this.onDrag(event));
    this.moveTo(options.share);
  }

  private onDrag(event: PointerEvent): void {
    if (!this.element.hasPointerCapture(event.pointerId)) return;
    const area = this.element.parentElement?.getBoundingClientRect();
    if (area) this.moveTo(((event.clientY - area.top) / area.height) * 100);
  }

  private onKey(event: KeyboardEvent): void {
    const direction = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    this.moveTo(this.share + direction * step);
  }

  private moveTo(share: number): void {
    const bounded = Math.min(most, Math.max(least, share));
    if (bounded === this.share) return;
    this.share = bounded;
    this.element.setAttribute("aria-valuenow", String(Math.round(bounded)));
    document.documentElement.style.setProperty("--table-share", `${bounded}%`);
    this.options.onChange(bounded);
  }
}

export const defaultShare = 40;
