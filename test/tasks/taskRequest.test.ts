import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TaskError } from "../../src/tasks/taskError";
import {
  checkAlias,
  checkCommand,
  checkGraceSeconds,
  checkMaxSeconds,
  checkTaskId,
} from "../../src/tasks/taskRequest";

/** Everything of which Python's `str.isspace()` is true. */
const pythonSpace =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
  "\u2028\u2029\u202f\u205f\u3000";
/** What JavaScript or the eye takes for white space, and Python doesn't. */
const noPythonSpace = ["\ufeff", "\u200b", "\u180e", "\u2060"];
/** One character, two UTF-16 units, four UTF-8 bytes. */
const rocket = "\u{1f680}";

type Check<T> = (value: T) => T;

function refuses<T>(check: Check<T>, value: T, message: string): void {
  assert.throws(
    () => check(value),
    (error) =>
      error instanceof TaskError && error.code === "invalidRequest" && error.message === message,
  );
}

const fields: readonly { name: string; check: Check<string>; max: number }[] = [
  { name: "alias", check: checkAlias, max: 100 },
  { name: "task_id", check: checkTaskId, max: 200 },
  { name: "command", check: checkCommand, max: 10_000 },
];

for (const { name, check, max } of fields) {
  describe(name, () => {
    it("is required, and white space alone is none", () => {
      for (const empty of ["", " ", pythonSpace]) refuses(check, empty, `${name} is required`);
    });

    it("loses at both ends what Python's strip takes, and nothing inside", () => {
      for (const space of pythonSpace) assert.equal(check(`${space}a${space}`), "a");
      assert.equal(check(`${pythonSpace}a${pythonSpace}`), "a");
    });

    it(`has at most ${max} characters, counted after trimming`, () => {
      const longest = "a".repeat(max);

      assert.equal(check(`  ${longest}\t`), longest);
      refuses(check, `${longest}a`, `${name} too long (max ${max} characters)`);
    });

    it("is checked for its length before its characters, in code points", () => {
      const tooLong = `${name} too long (max ${max} characters)`;

      refuses(check, "\0".repeat(max + 1), tooLong);
      refuses(check, rocket.repeat(max + 1), tooLong);
      assert.throws(() => check("\0".repeat(max)), /contains invalid characters/);
    });
  });
}

describe("an alias", () => {
  const message =
    "alias contains invalid characters (only alphanumeric, dot, dash, underscore allowed)";

  it("is made of letters, digits, dots, dashes and underscores", () => {
    assert.equal(checkAlias("Web-1.example_com"), "Web-1.example_com");
    for (const bad of ["a b", "a:b", "a/b", "a\nb", "ä", "a;b", "*", rocket.repeat(100)]) {
      refuses(checkAlias, bad, message);
    }
  });

  it("does not lose at its ends what only JavaScript takes for white space", () => {
    for (const character of noPythonSpace) refuses(checkAlias, `a${character}`, message);
  });
});

describe("a task id", () => {
  it("is made of letters, digits, colons, dashes and underscores, and of no dot", () => {
    const message =
      "task_id contains invalid characters (only alphanumeric, colon, dash, underscore allowed)";

    assert.equal(checkTaskId("build_01:abc:1"), "build_01:abc:1");
    for (const bad of ["a.b:c:1", "a b", "a/b", "é"]) refuses(checkTaskId, bad, message);
  });

  it("needs no three parts", () => {
    assert.equal(checkTaskId("nonexistent"), "nonexistent");
  });
});

describe("a command", () => {
  it("counts each character once, however many units or bytes it takes", () => {
    const longest = rocket.repeat(10_000);

    assert.equal(checkCommand(longest), longest);
  });

  it("holds no null byte, which is said before anything of other control characters", () => {
    const message = "command contains invalid characters (null bytes not allowed)";

    refuses(checkCommand, "a\0b", message);
    refuses(checkCommand, "a\x01\0b", message);
  });

  it("holds no control character but tab, newline and carriage return", () => {
    for (let code = 1; code < 32; code++) {
      const command = `a${String.fromCharCode(code)}b`;
      if ("\t\n\r".includes(String.fromCharCode(code)))
        assert.equal(checkCommand(command), command);
      else refuses(checkCommand, command, "command contains invalid control characters");
    }
  });

  it("may hold DEL and all that comes after it", () => {
    const command = "a\x7f\x80\x9fé\u2028\ufeffb";

    assert.equal(checkCommand(command), command);
  });

  it("keeps at its ends what Python's strip leaves there", () => {
    for (const character of noPythonSpace) {
      assert.equal(checkCommand(` ${character}a${character} `), `${character}a${character}`);
    }
  });

  it("is given back trimmed and otherwise unchanged, or refused", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (command) => {
        let checked: string;
        try {
          checked = checkCommand(command);
        } catch (error) {
          assert.ok(error instanceof TaskError);
          return;
        }
        assert.ok(command.includes(checked));
        assert.equal(checkCommand(checked), checked);
      }),
    );
  });

  it("is checked in no time, also when it is a hostile run of blanks", () => {
    const hostile = `a${" ".repeat(40_000)}a`;
    const start = performance.now();

    refuses(checkCommand, hostile, "command too long (max 10000 characters)");
    assert.ok(performance.now() - start < 1000, "took more than a second");
  });
});

describe("max_seconds", () => {
  it("is a whole number from 0 to 30 days", () => {
    for (const good of [0, 1, 60, 2_592_000]) assert.equal(checkMaxSeconds(good), good);
    for (const bad of [-1, 0.5, 2_592_001, Number.NaN, Infinity]) {
      refuses(
        checkMaxSeconds,
        bad,
        "max_seconds must be a whole number from 0 (no limit) to 2592000 (30 days)",
      );
    }
  });
});

describe("grace_seconds", () => {
  it("is a number from 0 to 30", () => {
    for (const good of [0, 0.5, 5, 30]) assert.equal(checkGraceSeconds(good), good);
    for (const bad of [-0.1, 30.1, Number.NaN, Infinity]) {
      refuses(checkGraceSeconds, bad, "grace_seconds must be a number from 0 to 30");
    }
  });
});
