import type { TaskStatus } from "../tasks/task";

export type IconName = TaskStatus | "stop" | "play" | "verified" | "warning" | "error" | "terminal";

const circle = "M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 0 1 0-12.5z";
const arc = "M8 1.75a6.25 6.25 0 1 1-6.25 6.25";
const cross = "M5.75 5.75l4.5 4.5m0-4.5l-4.5 4.5";
const check = "M5.1 8.3l2 2l3.8-4.4";
const triangle = "M8 2.1l6.4 11.4h-12.8zM8 6.4v3.4M8 11.4v0.6";

/** Our own line drawings in a 16 by 16 box; `fill` marks areas. */
const drawings: Readonly<Record<IconName, { readonly line: string; readonly fill?: string }>> = {
  pending: { line: `${circle}M8 4.6v3.6l2.4 1.4` },
  running: { line: arc },
  cancelling: { line: arc },
  lost: { line: triangle },
  completed: { line: circle + check },
  failed: { line: circle + cross },
  cancelled: { line: `${circle}M3.7 12.3l8.6-8.6` },
  stop: { line: circle, fill: "M5.9 5.9h4.2v4.2h-4.2z" },
  play: { line: "M4.5 2.8l8 5.2l-8 5.2z" },
  verified: { line: circle + check },
  warning: { line: triangle },
  error: { line: circle + cross },
  terminal: { line: "M1.75 2.75h12.5v10.5h-12.5zM4.25 5.75l2.25 2.25l-2.25 2.25M8 10.5h3.5" },
};

/** An icon in the colour of the text around it; beside text that says the same, so hidden from screen readers. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const { line, fill } = drawings[name];
  svg.append(path("line", line));
  if (fill) svg.append(path("fill", fill));
  return svg;
}

function path(className: string, d: string): SVGPathElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
  made.setAttribute("class", className);
  made.setAttribute("d", d);
  return made;
}
