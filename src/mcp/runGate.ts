/** Whether agents may start commands at all; the composition root decides. */
export interface RunGate {
  /** Why not, as a sentence with a next step; undefined when they may. */
  check(): string | undefined;
}

/** For a place where something else asks the person, as VS Code does before a tool runs. */
export const openGate: RunGate = { check: () => undefined };
