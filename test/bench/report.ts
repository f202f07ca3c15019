/** A table in Markdown. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** With as many digits as the noise leaves: one below ten, else none. */
export function digits(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 1 : 0);
}

/** So many times as much. */
export function times(value: number): string {
  return `${value.toFixed(2)} ×`;
}

/** The cell of a figure with a target. */
export function verdict(target: string, met: boolean): string {
  return `${target}: ${met ? "met" : "**missed**"}`;
}
