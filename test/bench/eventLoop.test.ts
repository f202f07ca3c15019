import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Cleanup } from "../support/cleanup";
import { EventLoop, startIdleNode } from "./eventLoop";
import { residentMiB, watchMemory } from "./memory";

describe("what is seen of another process", () => {
  const cleanup = new Cleanup();
  let loop: EventLoop;
  let pid: number;
  before(async () => {
    const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-bench-"));
    cleanup.add(() => rm(dir, { recursive: true, force: true }));
    loop = new EventLoop(join(dir, "lateness"));
    pid = await startIdleNode(loop, cleanup);
  });
  after(() => cleanup.run());

  it("is how late its event loop was, each time anew", async () => {
    const first = await loop.lateness(pid);
    const second = await loop.lateness(pid);

    assert.equal(first.report, 1);
    assert.equal(second.report, 2);
    assert.ok(first.p50 >= 0 && first.p50 <= first.p99 && first.p99 <= first.max);
  });

  it("is its resident memory, now and at the most", () => {
    const { start, max } = watchMemory(pid)();

    assert.ok(residentMiB(pid) > 10);
    assert.ok(max >= start && start > 10);
  });
});
