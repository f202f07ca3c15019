import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import {
  assertSameEverywhere,
  failOn,
  type ExpectedFailure,
  type FailingHost,
} from "../support/failedHost";
import {
  makeKey,
  serve,
  serveAgent,
  serveLocked,
  serveMounted,
  startAgent,
  startHangingAgent,
  withNologin,
  withShadow,
} from "../support/failingHosts";
import { createPerson } from "../support/person";
import { isRoot } from "../support/sshHarness";
import { ensurePasswordUser, ensureTestUser } from "../support/testUser";

type Failure = Omit<ExpectedFailure, "code"> & {
  readonly when: string;
  readonly host: (t: TestContext) => Promise<FailingHost>;
  readonly code?: ExpectedFailure["code"];
  /** Needs an account of its own. */
  readonly asRoot?: boolean;
  /** By one alone, where the other gets in. */
  readonly by?: "ssh";
};

/** A server for which there is one file, with such a content. */
function withKeyFile(content: string | undefined): Failure["host"] {
  return async (t) => {
    const host = await serve(t, {}, ({ dir }) => [`IdentityFile ${join(dir, "own")}`]);
    const file = join(host.sshd.dir, "own");
    if (content !== undefined) await writeFile(file, content, { mode: 0o600 });
    return host;
  };
}

const checkKey =
  /Check User and IdentityFile in the ssh config; .* locked or expired is refused too\.$/;
const correctFile = /Correct IdentityFile in the ssh config, or that file\.$/;
const useAgent =
  /Start the agent and add the key to it \(`ssh-add`\), or name a key file with IdentityFile\.$/;
const askItsAdmin =
  /may be expired or closed for now, .*\. Ask whoever runs the host, or look in its log\.$/;

const failures: readonly Failure[] = [
  {
    when: "it does not know the key",
    host: async (t) => {
      const host = await serve(t);
      await writeFile(host.sshd.authorizedKeysFile, "");
      return host;
    },
    cause: /refused \S+\/id_ed25519; it takes publickey\./,
    next: checkKey,
  },
  {
    when: "it wants another key after the first",
    host: (t) => serve(t, { config: ["AuthenticationMethods publickey,publickey"] }),
    cause: /\. \S+ refused \S+\/id_ed25519; it takes publickey\./,
    next: checkKey,
  },
  {
    when: "there is no key",
    host: withKeyFile(undefined),
    cause: /refused a sign-in without any key \(none was found\); it takes publickey\./,
    next: checkKey,
  },
  {
    when: "it takes a password alone, and nobody can be asked",
    host: (t) =>
      serve(t, {
        config: ["AuthenticationMethods password", "PasswordAuthentication yes"],
      }),
    cause:
      /refused a sign-in; not tried: password \(nobody can be asked here\); it takes password\./,
    next: /Use a key that the host takes, or give the secret .* \(--secret-env\)\.$/,
  },
  {
    when: "the password is wrong",
    host: async (t) => {
      const config = ["AuthenticationMethods password", "PasswordAuthentication yes"];
      const host = await serve(t, { user: await ensurePasswordUser(), config });
      return { ...host, prompt: createPerson(() => "wrong").prompt, limits: { signInSeconds: 15 } };
    },
    asRoot: true,
    cause: /refused password; it takes password\./,
    next: /Check User in the ssh config, start the task again, and give the right answer\.$/,
  },
  {
    when: "the passphrase of the key is wrong",
    host: async (t) => ({
      ...(await serveLocked(t, "right")),
      prompt: createPerson(() => "wrong").prompt,
      limits: { signInSeconds: 15 },
    }),
    cause: /not tried: \S+\/locked \(its passphrase was wrong/,
    next: /Start the task again and give the right passphrase, or .* \(`ssh-add`\)\.$/,
  },
  {
    when: "the key has a passphrase, and nobody can be asked",
    host: (t) => serveLocked(t, "right"),
    cause: /not tried: \S+\/locked \(it needs a passphrase\)/,
    next: /Add the key to the agent \(`ssh-add`\), or .* \(--secret-env\)\.$/,
  },
  {
    when: "a question is closed",
    host: async (t) => ({
      ...(await serveLocked(t, "right")),
      prompt: createPerson(() => undefined).prompt,
    }),
    code: "signInGivenUp",
    cause: /A question of the sign-in to build01 was closed without an answer\./,
    next: /Start the task again to be asked again\.$/,
  },
  {
    when: "the agent has no keys",
    host: async (t) => {
      const host = await serveAgent(t);
      await startAgent(t, host, []);
      return host;
    },
    cause: /not tried: the agent \((?:it has no keys|agent contains no identities)\)/,
    next: useAgent,
  },
  {
    when: "there is no agent where the config says",
    host: (t) => serveAgent(t),
    cause:
      /not tried: the agent \((?:Failed to connect to agent|No such file or directory|.*ENOENT.*)\)/,
    next: useAgent,
  },
  {
    when: "the agent does not answer",
    host: async (t) => {
      const host = await serveAgent(t);
      await startHangingAgent(t, host);
      return { ...host, limits: { signInSeconds: 6 } };
    },
    cause: /not tried: the agent \(it does not answer\)/,
    next: useAgent,
  },
  {
    when: "the key file is a folder, so that nobody can read it",
    host: (t) => serve(t, {}, ({ dir }) => [`IdentityFile ${dir}`]),
    cause: /not tried: \S+ \((?:EISDIR.*|Is a directory|bad permissions)\)/,
    next: correctFile,
  },
  {
    when: "the key file may be read by everybody",
    host: async (t) => {
      const host = await serve(t);
      await chmod(host.sshd.identityFile, 0o644);
      return host;
    },
    by: "ssh",
    cause: /not tried: \S+\/id_ed25519 \(bad permissions\)/,
    next: correctFile,
  },
  {
    when: "the key file has no key",
    host: withKeyFile("no key"),
    cause: /not tried: \S+\/own \((?:Unsupported key format|invalid format|error in libcrypto)\)/,
    next: correctFile,
  },
  {
    when: "the key file has a format of another program",
    host: withKeyFile("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\n"),
    cause: /not tried: \S+\/own \((?:Unsupported key format|invalid format|error in libcrypto)\)/,
    next: correctFile,
  },
  {
    when: "it takes fewer keys than the agent has (MaxAuthTries)",
    host: async (t) => {
      const host = await serveAgent(t, { config: ["MaxAuthTries 2"] });
      const names = ["one", "two", "three", "four"];
      await startAgent(t, host, await Promise.all(names.map((name) => makeKey(host.sshd, name))));
      return host;
    },
    cause: /refused (?:the agent's key )?one, /,
    next: /no more attempts \(MaxAuthTries\): .* set IdentitiesOnly yes, in the ssh config\.$/,
  },
  {
    when: "the account has expired",
    host: (t) => serveMounted(t, withShadow(7, "0")),
    asRoot: true,
    cause: /refused \S+\/id_ed25519/,
    next: checkKey,
  },
  {
    when: "the account is locked",
    host: (t) => serveMounted(t, withShadow(1, "!")),
    asRoot: true,
    cause: /refused \S+\/id_ed25519/,
    next: checkKey,
  },
  {
    when: "PAM says that the account has expired",
    host: (t) => serveMounted(t, withShadow(7, "0"), ["UsePAM yes"]),
    asRoot: true,
    cause: /ended the conversation during the sign-in\. It said "Your account has expired; .*"\./,
    next: askItsAdmin,
  },
  {
    when: "the machine lets nobody in for now",
    host: (t) => serveMounted(t, withNologin, ["UsePAM yes"]),
    asRoot: true,
    cause: /ended the conversation during the sign-in\. It said "Closed for cleaning\."\./,
    next: askItsAdmin,
  },
  ...["/usr/sbin/nologin", "/bin/false"].map((loginShell): Failure => ({
    when: `the account has ${loginShell} for a shell`,
    host: async (t) => serve(t, { user: (await ensureTestUser()).name, loginShell }),
    code: "shellFailed",
    asRoot: true,
    cause: /^SSH error: No shell\. build01 did not run \/bin\/sh, so the command was not started\./,
    next: /Check that the account may run commands \(`ssh build01 true`\)\.$/,
  })),
  {
    when: "the password of the account has expired",
    host: (t) => serveMounted(t, withShadow(2, "0"), ["UsePAM yes"]),
    code: "shellFailed",
    asRoot: true,
    cause: /It said "WARNING: Your password has expired\./,
    next: /Check that the account may run commands \(`ssh build01 true`\)\.$/,
  },
];

describe("a host that lets nobody in:", { timeout: 120_000 }, () => {
  for (const { when, host, by, asRoot, code = "signInFailed", ...expected } of failures) {
    for (const transport of ["ssh2", "ssh"] as const) {
      if (by !== undefined && by !== transport) continue;
      const options = { skip: asRoot && !isRoot && "as root alone" };
      it(`${when}, by ${transport}`, options, async (t) => {
        const seen = await failOn(t, await host(t), transport);

        assertSameEverywhere(seen, { code, ...expected });
      });
    }
  }
});

describe("a host that neither transport gets in to", { timeout: 30_000 }, () => {
  it("is told with what was tried, where both are refused", async (t) => {
    const refusing = await serve(t, {}, () => ["GSSAPIAuthentication yes"]);
    await writeFile(refusing.sshd.authorizedKeysFile, "");

    const seen = await failOn(t, refusing, "auto");

    assert.match(seen.log.join("\n"), /ssh2 has failed, the system's ssh is tried/);
    const cause = /refused \S+\/id_ed25519; it takes publickey\./;
    assertSameEverywhere(seen, { code: "signInFailed", cause, next: checkKey });
  });

  it("is told with what the server can do, where neither has an algorithm in common", async (t) => {
    const config = ["KexAlgorithms diffie-hellman-group1-sha1"];

    const seen = await failOn(t, await serve(t, { config }), "auto");

    const [cause, next] = [/Their offer: diffie-hellman-group1-sha1/, /in its sshd_config\.$/];
    assertSameEverywhere(seen, { code: "noCommonAlgorithm", cause, next });
  });
});
