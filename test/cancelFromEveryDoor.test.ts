import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Task } from "../src/tasks/task";
import { findProcesses, killAll, uniqueMarker } from "./support/processes";
import { processTreeCommand, processTreeSize } from "./support/processes";
import { eventually } from "./support/eventually";
import { createProduct, type Product } from "./support/product";
import { startSshd, type Sshd } from "./support/sshd";
import { callTool } from "./support/headless";
import { editor } from "./support/vscode";

/** One way to end a task: how it is started where that matters, and what the door does. */
interface Door {
  readonly name: string;
  readonly requestedBy: string;
  /** Default: as agents do, with ssh_run_async. */
  readonly start?: (product: Product, client: Client, command: string) => unknown;
  readonly cancel: (product: Product, client: Client, task: Task) => unknown;
  readonly ends?: Partial<Task>;
}

const takenBack = new AbortController();

const doors: readonly Door[] = [
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

describe(
  "a process tree on a real host is gone, with the same receipt, after a cancel by",
  { timeout: 30_000 },
  () => {
    let sshd: Sshd;
    before(async () => {
      sshd = await startSshd({ aliases: ["build01"] });
    });
    after(() => sshd.close());

    for (const door of doors) {
      it(door.name, { timeout: 30_000 }, async (t) => {
        const product = await createProduct(sshd);
        const marker = uniqueMarker();
        t.after(async () => {
          await product.close();
          await killAll(marker);
        });
        const client = await product.connect("doors");
        const command = processTreeCommand(marker);

        const start = door.start ?? startAsync;
        void start(product, client, command);
        await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
        const [task] = product.tasks.listTasks();
        assert.ok(task);
        await door.cancel(product, client, task);
        const ended = await product.tasks.waitForTask(task.id, { timeoutMs: 15_000 });

        assert.deepEqual(findProcesses(marker), []);
        assert.ok(ended && "receipt" in ended && ended.receipt);
        const { receipt, ...rest } = ended;
        assert.equal(rest.status, door.ends?.status ?? "cancelled");
        assert.deepEqual({ ...rest, ...door.ends }, rest);
        assert.deepEqual(product.errors, []);
        assert.equal(receipt.requestedBy, door.requestedBy);
        assert.equal(receipt.verified, true);
        assert.equal(receipt.processesFound, processTreeSize + 1);
        assert.deepEqual(
          receipt.signals.map(({ signal, count }) => `${signal} ${count}`),
          [`TERM ${processTreeSize + 1}`, `CONT ${processTreeSize + 1}`],
        );
        assert.deepEqual(receipt.left, []);
      });
    }
  },
);

function startAsync(_product: Product, client: Client, command: string): Promise<unknown> {
  return callTool(client, "ssh_run_async", { alias: "build01", command });
}
