import { element } from "./element";
import { icon } from "./icons";

/** What the panel shows while there is no task. */
export function createEmptyState(onRun: () => void): HTMLElement {
  const button = element("vscode-button", {}, "Run SSH Task…");
  button.addEventListener("click", onRun);
  return element(
    "main",
    { class: "empty" },
    icon("terminal"),
    element("h1", {}, "No SSH tasks yet"),
    element(
      "p",
      {},
      "Commands that an agent or you run on an SSH host appear here, with live output.",
    ),
    button,
  );
}
