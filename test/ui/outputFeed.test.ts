import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import type { OutputAnswer, OutputQuestion } from "../../src/panel/protocol";
import { OutputFeed } from "../../src/ui/outputFeed";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";

const start = { stdout: 0, stderr: 0 };
let now = 0;

function pass(ms: number): void {
  now += ms;
  mock.timers.tick(ms);
}

async function createFeed() {
  const { tasks, startRunning } = createTasks();
  const { task, remote } = await startRunning();
  const answers: OutputAnswer[] = [];
  const feed = new OutputFeed(tasks, (answer) => answers.push(answer));
  const ask = (
    question: number,
    cursor: OutputQuestion["cursor"] = start,
    taskId = task.id,
  ): void => feed.ask({ question, taskId, cursor });
  return { tasks, startRunning, task, remote, answers, feed, ask };
}

describe("the output feed", () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    mock.method(performance, "now", () => now);
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  it("answers with both streams and where to go on", async () => {
    const { remote, answers, ask } = await createFeed();
    remote.write("stdout", "out");
    remote.write("stderr", "error");

    ask(1);
    pass(0);

    const next = { stdout: 3, stderr: 5 };
    const expected = { question: 1, stdout: "out", stderr: "error", gaps: [], next, done: false };
    assert.deepEqual(answers, [expected]);
  });

  it("waits for output when there is none", async () => {
    const { remote, answers, ask } = await createFeed();
    ask(1);
    pass(60_000);
    assert.deepEqual(answers, []);

    remote.write("stdout", "at last");
    pass(50);

    assert.deepEqual(
      answers.map(({ stdout }) => stdout),
      ["at last"],
    );
  });

  it("never has two answers on their way, however much comes", async () => {
    const { remote, answers, ask } = await createFeed();
    ask(1);

    for (let i = 0; i < 200; i++) {
      remote.write("stdout", Buffer.alloc(64 * 1024, "x"));
      pass(1000);
    }
    assert.equal(answers.length, 1);
    const [first] = answers;
    assert.ok(first);
    assert.ok(first.stdout.length <= 256 * 1024);

    ask(2, first.next);
    pass(1000);
    assert.equal(answers.length, 2);
  });

  it("says what was dropped before the reader came to it", async () => {
    const { remote, answers, ask } = await createFeed();
    for (let i = 0; i < 100; i++) remote.write("stdout", Buffer.alloc(64 * 1024, "x"));

    ask(1, { stdout: 300 * 1024, stderr: 0 });
    pass(0);

    const [gap] = answers[0]?.gaps ?? [];
    assert.equal(gap?.stream, "stdout");
    assert.equal(gap.from, 300 * 1024);
    assert.ok(gap.to > gap.from);
  });

  it("leaves 50 ms between two answers", async () => {
    const { remote, answers, ask } = await createFeed();
    remote.write("stdout", "one");
    ask(1);
    pass(0);
    remote.write("stdout", "two");
    ask(2, { stdout: 3, stderr: 0 });

    pass(49);
    assert.equal(answers.length, 1);
    pass(1);
    assert.equal(answers.length, 2);
  });

  it("waits no longer when somebody sets the clock back meanwhile", async () => {
    const { remote, answers, ask } = await createFeed();
    remote.write("stdout", "one");
    ask(1);
    pass(0);
    const dayBefore = Date.now() - 24 * 3_600_000;
    mock.method(Date, "now", () => dayBefore);
    remote.write("stdout", "two");
    ask(2, { stdout: 3, stderr: 0 });

    pass(50);

    assert.equal(answers.length, 2);
  });

  it("gives less and less often of a flood, until it has caught up", async () => {
    const { remote, answers, ask } = await createFeed();
    const flood = (): void => {
      for (let i = 0; i < 100; i++) remote.write("stdout", Buffer.alloc(64 * 1024, "x"));
    };
    flood();
    ask(1, { stdout: 300 * 1024, stderr: 0 });
    pass(0);
    flood();
    ask(2, answers[0]?.next);

    pass(199);
    assert.equal(answers.length, 1);
    pass(1);
    assert.equal(answers[1]?.stdout.length, 64 * 1024);
    ask(3, answers[1].next);
    pass(200);
    ask(4, answers[2]?.next);
    pass(50);

    assert.equal(answers[3]?.stdout.length, 256 * 1024);
  });

  it("says that it is done after the last output of an ended task", async () => {
    const { remote, answers, ask } = await createFeed();
    remote.write("stdout", "bye");
    ask(1);
    pass(0);
    ask(2, { stdout: 3, stderr: 0 });
    pass(50);

    remote.exit(0);
    await settle();
    pass(50);

    assert.deepEqual(
      answers.map(({ done }) => done),
      [false, true],
    );
  });

  it("is done at once with a task that is no longer kept", async () => {
    const { answers, ask } = await createFeed();

    ask(1, start, "nobody");
    pass(0);

    assert.deepEqual(
      answers.map(({ stdout, done }) => [stdout, done]),
      [["", true]],
    );
  });

  it("answers the latest question only", async () => {
    const { startRunning, remote, answers, ask } = await createFeed();
    const other = await startRunning();
    remote.write("stdout", "one");
    other.remote.write("stdout", "other");

    ask(1);
    ask(2, start, other.task.id);
    pass(1000);

    assert.deepEqual(
      answers.map(({ question, stdout }) => [question, stdout]),
      [[2, "other"]],
    );
  });

  it("forgets the question when its asker is gone", async () => {
    const { remote, answers, feed, ask } = await createFeed();
    ask(1);

    feed.close();
    remote.write("stdout", "unheard");
    pass(1000);
    ask(2);
    feed.dispose();
    pass(1000);

    assert.deepEqual(answers, []);
  });
});
