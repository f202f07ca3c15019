import type { OutputCursor, OutputGap } from "../tasks/outputLog";
import type { TaskStatus } from "../tasks/task";

/** Every message between the extension and its panel, once; both sides import this. */

/** A task as the panel draws it: the extension has made all words and decisions. */
export interface TaskView {
  readonly id: string;
  readonly alias: string;
  /** The command's first line. */
  readonly title: string;
  /** The command, cut when it is very long. */
  readonly command: string;
  readonly status: TaskStatus;
  readonly statusText: string;
  /** Sentences about how it was started, ended or asked to. */
  readonly facts: readonly string[];
  readonly note?: { readonly text: string; readonly kind: "verified" | "warning" | "error" };
  /** The receipt of its cancel, line by line. */
  readonly receipt?: readonly { readonly label: string; readonly text: string }[];
  /** What its button does; without it there is nothing to end. */
  readonly action?: TaskAction;
  /** Milliseconds since the Unix epoch on the extension's clock, as all times here. */
  readonly createdAt: number;
  /** The elapsed time in words once it no longer grows. */
  readonly elapsed?: string;
}

/** A way to end what is left of a task, and what its button says. */
export interface TaskAction {
  readonly kind: "cancel" | "forceKill" | "stopLeftovers";
  readonly label: string;
}

/** What the extension tells the panel. */
export interface ToPanel {
  /** Everything: the tasks, oldest first, and the one to select if somebody asked for it. */
  state: { readonly tasks: readonly TaskView[]; readonly now: number; readonly select?: string };
  /** What has changed since: new and other tasks, and those that are no longer kept. */
  changes: {
    readonly tasks: readonly TaskView[];
    readonly removed: readonly string[];
    readonly now: number;
  };
  select: { readonly taskId: string };
  output: OutputAnswer;
}

/** What the panel asks of the extension. */
export interface FromPanel {
  /** It is there, or visible again, and knows nothing: please send the state. */
  ready: object;
  /** The next output, once there is some; a later question takes the place of this one. */
  readOutput: OutputQuestion;
  cancel: { readonly taskId: string; readonly force: boolean };
  stopLeftovers: { readonly taskId: string };
  runTask: object;
}

/** Also says that everything before the cursor has been drawn. */
export interface OutputQuestion {
  /** Counts up; the answer bears the number of its question. */
  readonly question: number;
  readonly taskId: string;
  readonly cursor: OutputCursor;
}

export interface OutputAnswer {
  readonly question: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly gaps: readonly OutputGap[];
  readonly next: OutputCursor;
  /** Nothing will come after this. */
  readonly done: boolean;
}

/** A message of a map like those above. */
export type Message<Map> = {
  [Type in keyof Map]: { readonly type: Type; readonly body: Map[Type] };
}[keyof Map];

/** One handler for each message: a missing one does not compile. */
export type Handlers<Map> = { readonly [Type in keyof Map]: (body: Map[Type]) => void };

/** Calls the handler of a message that has passed its check; @returns false for anything else. */
export function dispatch<Map>(
  message: unknown,
  checks: Checks<Map>,
  handlers: Handlers<Map>,
): boolean {
  if (!isObject(message) || typeof message.type !== "string") return false;
  if (!Object.hasOwn(checks, message.type)) return false;
  const type = message.type as keyof Map;
  const { body } = message;
  if (!checks[type](body)) return false;
  handlers[type](body);
  return true;
}

/** One check for each message: whether this really is its body. */
export type Checks<Map> = { readonly [Type in keyof Map]: (body: unknown) => body is Map[Type] };

/** What comes out of a webview is checked field by field. */
export const fromPanelChecks: Checks<FromPanel> = {
  ready: isObject,
  runTask: isObject,
  cancel: (body): body is FromPanel["cancel"] =>
    isObject(body) && typeof body.taskId === "string" && typeof body.force === "boolean",
  stopLeftovers: (body): body is FromPanel["stopLeftovers"] =>
    isObject(body) && typeof body.taskId === "string",
  readOutput: (body): body is OutputQuestion =>
    isObject(body) &&
    isOffset(body.question) &&
    typeof body.taskId === "string" &&
    isObject(body.cursor) &&
    isOffset(body.cursor.stdout) &&
    isOffset(body.cursor.stderr),
};

/** What comes from the extension is only told apart from what others post to the window. */
export const toPanelChecks: Checks<ToPanel> = {
  state: (body): body is ToPanel["state"] => isObject(body) && Array.isArray(body.tasks),
  changes: (body): body is ToPanel["changes"] =>
    isObject(body) && Array.isArray(body.tasks) && Array.isArray(body.removed),
  select: (body): body is ToPanel["select"] => isObject(body) && typeof body.taskId === "string",
  output: (body): body is OutputAnswer => isObject(body) && isOffset(body.question),
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
