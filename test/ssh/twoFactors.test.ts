import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { Secrets } from "../../src/ssh/secrets";
import type { SecretQuestion } from "../../src/tasks/signInPrompt";
import { createPerson } from "../support/person";
import { startScriptedSshServer } from "../support/scriptedSshServer";
import { isRoot } from "../support/sshHarness";
import { SystemSsh, output } from "../support/systemSsh";
import { testPassword } from "../support/testUser";
import { codeInstruction, testCode, twoFactors } from "../support/twoFactors";

const isCode = ({ prompt }: SecretQuestion): boolean => prompt.startsWith("STRESS");
const rightAnswer = (question: SecretQuestion): string =>
  isCode(question) ? testCode : testPassword;
/** What a person sees of each question. */
const seen = ({ purpose, prompt, instruction, isRetry }: SecretQuestion): string =>
  [purpose, prompt, instruction, ...(isRetry ? ["again"] : [])].join("; ");

const password = "password; Password; ";
const code = `code; STRESS Password; ${codeInstruction}`;

for (const transport of ["ssh2", "ssh"] as const) {
  describe(
    `a sign-in of several factors, over ${transport}`,
    { timeout: 60_000, skip: !isRoot },
    () => {
      const ssh = new SystemSsh();
      after(async () => {
        await ssh.close();
        assert.ok(!ssh.log.join("\n").includes("canary"), "no secret is logged");
      });

      async function open(
        options: ReturnType<typeof twoFactors>,
        answer: Parameters<typeof createPerson>[0],
      ) {
        const { host } = await ssh.serve(await options);
        const person = createPerson(answer);
        const secrets = new Secrets(person.prompt);
        const connect = async (signal = new AbortController().signal) => {
          const connection = await ssh.open(host, { ...ssh.parts(secrets), signal }, transport);
          assert.equal(await output(connection), "works\n");
        };
        return { connect, person, seen: () => person.asked.map(seen) };
      }

      it("asks in order, with what the server says to it, and remembers the password, not the code", async () => {
        const { connect, person, seen } = await open(twoFactors(), rightAnswer);

        await connect();
        assert.deepEqual(seen(), [password, code]);
        assert.deepEqual(
          person.asked.map(({ name, echo }) => [name?.split(":")[0], echo]),
          [
            ["password", false],
            [undefined, false],
          ],
        );

        await connect();
        assert.deepEqual(seen().slice(2), [code]);
      });

      it("asks again for a code that was wrong, and not for the password that was right", async () => {
        const { connect, seen } = await open(twoFactors(), (question) =>
          isCode(question) && !question.isRetry ? "canary-wrong" : rightAnswer(question),
        );

        await connect();

        assert.deepEqual(seen(), [password, code, `${code}; again`]);
      });

      it("asks again for a password that was wrong", async () => {
        const { connect, seen } = await open(twoFactors(), (question) =>
          !isCode(question) && !question.isRetry ? "canary-wrong" : rightAnswer(question),
        );

        await connect();

        assert.deepEqual(seen(), [password, `${password}; again`, code]);
      });

      it("asks for all again when the code was not what was wrong", async () => {
        const { connect, seen } = await open(twoFactors({ silent: true }), (question) =>
          !isCode(question) && !question.isRetry ? "canary-wrong" : rightAnswer(question),
        );

        await connect();

        const again = [`${password}; again`, `${code}; again`];
        assert.deepEqual(seen(), [password, code, `${code}; again`, ...again]);
      });

      it("asks twice where the server wants a second password, which is not remembered", async () => {
        const { connect, person } = await open(
          twoFactors({ secondPassword: true, code: false }),
          rightAnswer,
        );

        await connect();
        await connect();

        assert.deepEqual(
          person.asked.map(({ purpose, name, isRetry }) => [purpose, name !== undefined, isRetry]),
          [
            ["password", true, false],
            ["password", false, false],
            ["password", false, false],
          ],
        );
      });

      it("ends when the second question is closed, which says nothing against the first answer", async () => {
        let closes = true;
        const { connect, seen } = await open(twoFactors(), (question) =>
          closes && isCode(question) ? undefined : rightAnswer(question),
        );

        await assert.rejects(connect(), { code: "signInGivenUp" });
        closes = false;
        await connect();

        assert.deepEqual(seen(), [password, code, code]);
      });

      it("that is given up says nothing against what was answered until then", async () => {
        const given = new AbortController();
        const { connect, seen } = await open(twoFactors(), (question) => {
          if (!isCode(question) || given.signal.aborted) return rightAnswer(question);
          given.abort();
          return new Promise(() => undefined);
        });

        await assert.rejects(connect(given.signal), { name: "AbortError" });
        await connect();

        assert.deepEqual(seen(), [password, code, code]);
      });

      it("asks once for a password that the server wants twice, by two methods", async () => {
        const methods = "password,keyboard-interactive";
        const { connect, person } = await open(twoFactors({ code: false }, methods), rightAnswer);

        await connect();

        assert.equal(person.asked.length, 1);
      });

      for (const [method, questions] of [
        ["keyboard-interactive", [password, code]],
        ["password", [password]],
      ] as const) {
        it(`goes by a key and then by ${method}`, async () => {
          const factors = { code: method === "keyboard-interactive" };
          const { connect, person } = await open(
            twoFactors(factors, `publickey,${method}`),
            rightAnswer,
          );

          await connect();

          assert.equal(person.asked.length, questions.length);
        });
      }
    },
  );

  describe(`questions that come at a time, over ${transport}`, { timeout: 60_000 }, () => {
    const ssh = new SystemSsh();
    after(() => ssh.close());

    it("say which of how many they are, with what the server says to them, and are hidden where they are to be", async () => {
      const answers: (readonly string[])[] = [];
      const server = await startScriptedSshServer(
        () => undefined,
        (context) => {
          if (context.method !== "keyboard-interactive") context.reject(["keyboard-interactive"]);
          else
            context.prompt(
              [
                { prompt: "Verification code:", echo: true },
                { prompt: "PIN: ", echo: false },
              ],
              "Zweiter Schritt",
              "F\u00fcr dev",
              (given) => {
                answers.push(given);
                if (answers.length === 2) context.accept();
                else context.reject(["keyboard-interactive"]);
              },
            );
        },
      );
      after(() => server.close());
      const person = createPerson(({ prompt }) => (prompt === "PIN" ? "pin" : "code"));

      await ssh.open(server.host, ssh.parts(person), transport);

      assert.deepEqual(answers, [
        ["code", "pin"],
        ["code", "pin"],
      ]);
      assert.deepEqual(
        person.asked.map(({ prompt, round, isRetry, name }) => [prompt, round, isRetry, name]),
        [false, true].flatMap((again) => [
          ["Verification code", { step: 1, of: 2 }, again, undefined],
          ["PIN", { step: 2, of: 2 }, again, undefined],
        ]),
      );
      assert.equal(person.asked[1]?.instruction, "Zweiter Schritt. F\u00fcr dev.");
      // ssh tells no askpass program which answers may be seen.
      assert.deepEqual(
        person.asked.slice(0, 2).map(({ echo }) => echo),
        [transport === "ssh2", false],
      );
    });
  });
}
