import assert from "node:assert/strict";
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CancelOutcome } from "../../src/tasks/cancelOutcome";
import type { LeftProcess } from "../../src/tasks/remoteHost";
import {
  assertGone,
  createCancelHarness,
  type CancelHarness,
  type CancelHarnessOptions,
} from "../support/cancelHarness";
import { foreignShapes } from "../support/cancelShapes";
import { requireProgram } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { findProcesses, kill } from "../support/processes";
import { isRoot } from "../support/sshHarness";
import { ensureTestUser } from "../support/testUser";

interface Host {
  readonly name: string;
  readonly options: CancelHarnessOptions;
  /** Shapes whose process nobody can tell is the task's, once it has lost its parent. */
  readonly cannotKnow?: RegExp;
}

const hosts: readonly Host[] = [
  { name: "OpenSSH", options: {} },
  { name: "dropbear", options: { server: "dropbear" } },
  { name: "OpenSSH, without perl", options: { userland: "BusyBox" }, cannotKnow: /^an orphan/ },
];

/** A folder with a setpriv that the group of the test user may run as root. */
async function makeBecomeRoot(): Promise<{ dir: string; program: string }> {
  const dir = mkdtempSync(join(tmpdir(), "become-root-"));
  const program = join(dir, "setpriv");
  chmodSync(dir, 0o755);
  copyFileSync(requireProgram("setpriv"), program);
  chownSync(program, 0, (await ensureTestUser()).gid);
  chmodSync(program, 0o4750);
  return { dir, program };
}

function createHost({ options }: Host, user: string, program: string): Promise<CancelHarness> {
  const wrap = (command: string): string => command.replaceAll("BECOME_ROOT", program);
  return createCancelHarness({ ...options, user, wrap });
}

/** The process of root, as a receipt has to name it. */
function rootsChild(marker: string): LeftProcess {
  const child = findProcesses(marker).find(({ argv }) => argv[1] === `${marker}.1`);
  assert.ok(child);
  return { pid: child.pid, user: "root", command: `sleep ${marker}.1` };
}

function assertLeft({ task, receipt, note }: CancelOutcome, left: LeftProcess): void {
  assert.equal(task?.status, "cancelling");
  assert.equal(receipt?.verified, false);
  assert.deepEqual(receipt.left, [left]);
  assert.match(String(note), new RegExp(`^Not verified: 1 process .*: ${left.pid} \\(root\\)`));
}

for (const host of isRoot ? hosts : []) {
  const shapes = foreignShapes.filter(({ name }) => !host.cannotKnow?.test(name));
  describe(`a cancel on ${host.name}`, { timeout: 120_000, concurrency: true }, () => {
    let become: { dir: string; program: string };
    let ordinary: CancelHarness;
    let root: CancelHarness;
    before(async () => {
      become = await makeBecomeRoot();
      ordinary = await createHost(host, (await ensureTestUser()).name, become.program);
      root = await createHost(host, userInfo().username, become.program);
    });
    after(async () => {
      await ordinary.close();
      await root.close();
      rmSync(become.dir, { recursive: true, force: true });
    });

    for (const shape of shapes) {
      it(`by an ordinary user names ${shape.name} until it is gone`, async () => {
        await ordinary.withShape(shape, async (running) => {
          const left = rootsChild(running.marker);

          const first = await ordinary.ssh.cancel(running.id, { graceSeconds: 0 });
          const second = await ordinary.ssh.cancel(running.id, { graceSeconds: 0 });
          const survivors = findProcesses(running.marker);
          kill(left.pid, "SIGKILL");
          await ordinary.ssh.cancel(running.id, { graceSeconds: 0 });

          const { task } = await ordinary.ssh.finish(running.id);
          assertLeft(first, left);
          assertLeft(second, left);
          assert.deepEqual(
            survivors.map(({ pid }) => pid),
            [left.pid],
            "all others are gone",
          );
          assert.ok(task.receipt);
          await assertGone({ accepted: true, task, receipt: task.receipt }, running);
          assert.ok(!ordinary.folders().includes(running.id));
        });
      });

      it(`by root ends ${shape.name}`, async () => {
        await root.withShape(shape, async (running) => {
          rootsChild(running.marker);

          const outcome = await root.ssh.cancel(running.id, { graceSeconds: 0 });

          await assertGone(outcome, running);
          await eventually("no folder is left", () => !root.folders().includes(running.id));
        });
      });
    }
  });
}
