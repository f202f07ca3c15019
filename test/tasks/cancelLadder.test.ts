import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CancelLadder } from "../../src/tasks/cancelLadder";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import type { CancelClimb, CancelReport } from "../../src/tasks/remoteHost";
import { FakeClock } from "../support/fakeClock";
import { reports, whenForced } from "../support/fakeRemoteHost";

type Answer = (climb: CancelClimb) => Promise<CancelReport>;

function createLadder(request: Partial<CancelRequest> = {}) {
  const clock = new FakeClock();
  const climbs: CancelClimb[] = [];
  const own: CancelRequest = { requestedBy: "tree", reason: "no longer needed" };
  const full = { ...own, graceSeconds: 5, ...request };
  const ladder = new CancelLadder(full, clock);
  const climb = (answer: Answer) =>
    ladder.climb({
      cancel: (options) => {
        climbs.push(options);
        return answer(options);
      },
    });
  return { clock, climbs, ladder, climb };
}

const gone: (clock: FakeClock) => Answer = (clock) => () =>
  Promise.resolve(reports.gone(clock.now()));
const unverified: Answer = () => Promise.resolve(reports.unverified("It could not be scanned."));

describe("a cancel ladder", () => {
  it("says who asked, why and when, what was found and sent, and when it was gone", async () => {
    const { clock, climb } = createLadder({ requestedBy: "agent:test", reason: "done" });
    const requestedAt = clock.now();

    await clock.advance(300);
    const { receipt } = await climb(gone(clock));

    assert.deepEqual(receipt, {
      requestedBy: "agent:test",
      reason: "done",
      requestedAt,
      processesFound: 3,
      signals: [
        { signal: "TERM", count: 3, at: requestedAt + 300 },
        { signal: "CONT", count: 3, at: requestedAt + 300 },
      ],
      verified: true,
      verifiedBy: "processes",
      goneAt: requestedAt + 300,
      durationMs: 300,
      left: [],
      mayRemain: [],
    });
  });

  it("is verified without any host when the command was never launched", async () => {
    const { ladder } = createLadder();

    const { receipt, exit } = await ladder.climb(undefined);

    assert.equal(receipt.verified, true);
    assert.equal(receipt.processesFound, 0);
    assert.deepEqual(receipt.signals, []);
    assert.equal(exit, "ours");
  });

  it("is verified when the host says that the command never ran", async () => {
    const { climb } = createLadder();

    const { receipt, exit } = await climb(() => Promise.resolve(reports.neverRan));

    assert.equal(receipt.verified, true);
    assert.equal(exit, "ours");
  });

  it("is not verified while something is left, whatever else the host says", async () => {
    const { clock, climb } = createLadder();

    for (const saidGone of [false, true]) {
      const report = { ...reports.left(clock.now()), gone: saidGone };
      const { receipt } = await climb(() => Promise.resolve(report));

      assert.equal(receipt.verified, false);
      assert.equal(receipt.goneAt, undefined);
      assert.deepEqual(receipt.left, [{ pid: 4712, user: "root", command: "sleep 600" }]);
    }
  });

  it("is not verified when the host saw nothing that proves it, and says why", async () => {
    const { climb } = createLadder();

    const { receipt } = await climb(unverified);

    assert.equal(receipt.verified, false);
    assert.equal(receipt.unverifiedBecause, "It could not be scanned.");
  });

  for (const [how, answer] of Object.entries<Answer>({
    rejects: () => Promise.reject(new Error("No route to host.")),
    throws: () => {
      throw new Error("No route to host.");
    },
  })) {
    it(`is not verified when the way to the host ${how}, and doesn't fail itself`, async () => {
      const { climb } = createLadder();

      const { receipt } = await climb(answer);

      assert.equal(receipt.verified, false);
      assert.equal(receipt.unverifiedBecause, "No route to host.");
    });
  }

  it("adds up all its attempts into one receipt", async () => {
    const { clock, climb, ladder } = createLadder();

    await climb(() => Promise.resolve(reports.left(clock.now())));
    await clock.advance(1000);
    const { receipt } = await climb(() =>
      Promise.resolve({ ...reports.gone(clock.now(), ["TERM"]), processesFound: 1 }),
    );

    const names = receipt.signals.map(({ signal }) => signal);
    assert.deepEqual(names, ["TERM", "CONT", "STOP", "KILL", "TERM"]);
    assert.equal(receipt.processesFound, 3);
    assert.equal(receipt.requestedAt, ladder.cancel.requestedAt);
    assert.equal(receipt.durationMs, 1000);
    assert.deepEqual(receipt.left, []);
    assert.equal(receipt.verified, true);
  });
});

describe("the exit came first", () => {
  it("when nothing was there to signal any more", async () => {
    const { climb } = createLadder();

    const { exit } = await climb(() => Promise.resolve(reports.exitCameFirst));

    assert.equal(exit, "own");
  });

  it("when only what the main process left behind was signalled", async () => {
    const { clock, climb } = createLadder();
    const report = { ...reports.gone(clock.now()), mainProcessFound: false };

    assert.equal((await climb(() => Promise.resolve(report))).exit, "own");
  });

  it("or not, when nobody saw whether the main process was still there", async () => {
    const { clock, climb } = createLadder();
    const report = { ...reports.gone(clock.now()), mainProcessFound: undefined };

    assert.equal((await climb(() => Promise.resolve(report))).exit, "unclear");
  });

  it("not when the main process was signalled, in this attempt or an earlier one", async () => {
    const { clock, climb } = createLadder();

    assert.equal((await climb(() => Promise.resolve(reports.left(clock.now())))).exit, "ours");
    assert.equal((await climb(() => Promise.resolve(reports.exitCameFirst))).exit, "ours");
  });
});

describe("the grace", () => {
  it("is 5 seconds when nothing else was asked for", async () => {
    const { clock, climbs, climb } = createLadder();

    await climb(gone(clock));

    assert.equal(climbs[0]?.graceSeconds, 5);
    assert.equal(climbs[0].force.aborted, false);
  });

  it("counts from the first signal that reached the host, over all attempts", async () => {
    const { clock, climbs, climb } = createLadder({ graceSeconds: 10 });

    await climb(unverified);
    await clock.advance(8000);
    await climb(() => Promise.resolve(reports.left(clock.now())));
    await clock.advance(4000);
    await climb(unverified);
    await clock.advance(60_000);
    await climb(unverified);

    assert.deepEqual(
      climbs.map(({ graceSeconds }) => graceSeconds),
      [10, 10, 6, 0],
    );
  });

  it("is nothing when force was asked for at once", async () => {
    const { clock, climbs, climb } = createLadder({ force: true, graceSeconds: 30 });

    await climb(gone(clock));

    assert.equal(climbs[0]?.graceSeconds, 0);
    assert.equal(climbs[0].force.aborted, true);
  });

  it("ends after that of a later request when that is sooner, and never later", async () => {
    const { clock, climbs, climb, ladder } = createLadder({ graceSeconds: 30 });
    const climbing = climb((options) => whenForced(options, () => reports.gone(clock.now())));

    ladder.join({ ...ladder.cancel, graceSeconds: 2 });
    ladder.join({ ...ladder.cancel, graceSeconds: 20 });
    await clock.advance(1999);
    assert.equal(climbs[0]?.force.aborted, false);
    await clock.advance(1);

    assert.equal((await climbing).receipt.verified, true);
    assert.equal(climbs[0].force.aborted, true);
  });

  it("ends at once when force is asked for later, also that of an attempt under way", async () => {
    const { clock, climbs, climb, ladder } = createLadder({ graceSeconds: 30 });
    const climbing = climb((options) => whenForced(options, () => reports.gone(clock.now())));

    ladder.join({ ...ladder.cancel, force: true });
    ladder.join({ ...ladder.cancel, force: true });

    assert.equal((await climbing).receipt.verified, true);
    assert.equal(climbs[0]?.force.aborted, true);
  });
});
