import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DisposableStore, Emitter } from "../../src/tasks/lifecycle";

function createEmitter() {
  const errors: unknown[] = [];
  const heard: string[] = [];
  const emitter = new Emitter<string>((error) => errors.push(error));
  const listen = (name: string) => emitter.event((value) => heard.push(`${name} ${value}`));
  return { emitter, errors, heard, listen };
}

describe("an emitter", () => {
  it("tells every listener, in the order they came", () => {
    const { emitter, heard, listen } = createEmitter();
    listen("first");
    listen("second");

    emitter.fire("a");
    emitter.fire("b");

    assert.deepEqual(heard, ["first a", "second a", "first b", "second b"]);
  });

  it("tells nothing to a listener that was disposed, also twice", () => {
    const { emitter, heard, listen } = createEmitter();
    const first = listen("first");
    listen("second");

    first.dispose();
    first.dispose();
    emitter.fire("a");

    assert.deepEqual(heard, ["second a"]);
  });

  it("takes the same function twice for two listeners", () => {
    const { emitter } = createEmitter();
    let calls = 0;
    const count = (): void => {
      calls++;
    };
    const first = emitter.event(count);
    emitter.event(count);

    emitter.fire("a");
    first.dispose();
    emitter.fire("b");

    assert.equal(calls, 3);
  });

  it("still tells the others when a listener throws, and hands over what it threw", () => {
    const { emitter, errors, heard, listen } = createEmitter();
    const thrown = new Error("a listener's own");
    emitter.event(() => {
      throw thrown;
    });
    listen("second");

    emitter.fire("a");

    assert.deepEqual(heard, ["second a"]);
    assert.deepEqual(errors, [thrown]);
  });

  it("tells a listener that comes during an event only of the next one", () => {
    const { emitter, heard, listen } = createEmitter();
    const first = emitter.event(() => {
      first.dispose();
      listen("late");
    });

    emitter.fire("a");
    emitter.fire("b");

    assert.deepEqual(heard, ["late b"]);
  });

  it("is silent once disposed", () => {
    const { emitter, heard, listen } = createEmitter();
    listen("first");

    emitter.dispose();
    emitter.fire("a");

    assert.deepEqual(heard, []);
  });
});

describe("a disposable store", () => {
  it("disposes what it owns once, the last first", () => {
    const disposed: string[] = [];
    const store = new DisposableStore();
    store.add({ dispose: () => disposed.push("first") });
    store.add({ dispose: () => disposed.push("second") });

    store.dispose();
    store.dispose();

    assert.deepEqual(disposed, ["second", "first"]);
  });

  it("disposes at once what comes after its own disposal", () => {
    const disposed: string[] = [];
    const store = new DisposableStore();

    store.dispose();
    const late = store.add({ dispose: () => disposed.push("late") });
    store.dispose();

    assert.ok(late);
    assert.deepEqual(disposed, ["late"]);
  });
});
