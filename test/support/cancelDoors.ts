import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Task } from "../../src/tasks/task";
import { callTool } from "./headless";
import type { Product } from "./product";
import { editor } from "./vscode";

/** One way to end a task: how it is started where that matters, and what the door does. */
export interface CancelDoor {
  readonly name: string;
  readonly requestedBy: string;
  /** Default: as agents do, with ssh_run_async. */
  readonly start?: (product: Product, client: Client, command: string) => unknown;
  readonly cancel: (product: Product, client: Client, task: Task) => unknown;
  readonly ends?: Partial<Task>;
}

/** Every door, for one cancel each. */
export function cancelDoors(): readonly CancelDoor[] {
  const takenBack = new AbortController();
  return [
    {
      name: "the agent's ssh_cancel_async_task",
      requestedBy: "agent:doors",
      cancel: (_product, client, { id }) =>
        callTool(client, "ssh_cancel_async_task", { task_id: id }),
    },
    {
      name: "the agent's ssh_cancel",
      requestedBy: "agent:doors",
      cancel: (_product, client, { id }) => callTool(client, "ssh_cancel", { task_id: id }),
    },
    {
      name: "an ssh_run that the client takes back",
      requestedBy: "agent:doors",
      start: (_product, client, command) =>
        callTool(client, "ssh_run", { alias: "build01", command }, takenBack.signal).catch(
          () => undefined,
        ),
      cancel: () => takenBack.abort("stopped in the chat"),
    },
    {
      name: "the tree's button",
      requestedBy: "tree",
      cancel: (_product, _client, { id }) => editor.registered.get("sshTasks.cancelTask")?.(id),
    },
    {
      name: "the panel's button",
      requestedBy: "webview",
      cancel: (_product, _client, { id }) => {
        editor.registered.get("sshTasks.openPanel")?.();
        const page = editor.panels.at(-1);
        page?.say({ type: "ready", body: {} });
        page?.say({ type: "cancel", body: { taskId: id, force: false } });
      },
    },
    {
      name: "Cancel SSH Task in the palette",
      requestedBy: "palette",
      cancel: () => {
        editor.pick = ([first]) => first;
        return editor.registered.get("sshTasks.cancelTask")?.();
      },
    },
    {
      name: "the deadline",
      requestedBy: "deadline",
      start: (_product, client, command) =>
        callTool(client, "ssh_run_async", { alias: "build01", command, max_seconds: 3 }),
      cancel: () => undefined,
      ends: { status: "failed", exitCode: -1, timeout: true },
    },
    {
      name: "the shutdown",
      requestedBy: "shutdown",
      cancel: ({ tasks }) => tasks.shutdown(),
    },
  ];
}

/** How a task starts where the door does not say. */
export function startAsync(_product: Product, client: Client, command: string): Promise<unknown> {
  return callTool(client, "ssh_run_async", { alias: "build01", command });
}
