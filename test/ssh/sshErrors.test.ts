import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  channelRefused,
  connectFailed,
  connectionLost,
  filesExhausted,
  hostKeyChanged,
  hostKeyRevoked,
  hostKeyUnknown,
  hostSilent,
  portInvalid,
  shellFailed,
} from "../../src/ssh/sshErrors";
import { signInFailed } from "../../src/ssh/signInErrors";
import type { TaskError } from "../../src/tasks/taskError";

const offered = { name: "[build01]:2222", type: "ssh-ed25519", fingerprint: "SHA256:offered" };

function failure(properties: { code?: string; level?: string }, message = "it failed"): Error {
  return Object.assign(new Error(message), properties);
}

/** Of each: the fixed text that clients of the seed know it by, its code, and what the person can do. */
const failures: readonly (readonly [TaskError, string, string, RegExp])[] = [
  [
    hostKeyUnknown("build01", offered),
    "SSH host key not found: Add host to known_hosts",
    "hostKeyUnknown",
    /Run `ssh build01` in a terminal, compare the fingerprint, and accept it there\.$/,
  ],
  [
    hostKeyChanged("build01", offered, { fingerprint: "SHA256:known", where: "known_hosts:3" }),
    "SSH host key verification failed: Host key mismatch",
    "hostKeyChanged",
    /run `ssh-keygen -R '\[build01\]:2222'` and then `ssh build01` in a terminal\.$/,
  ],
  [
    hostKeyRevoked("build01", offered, "known_hosts:3"),
    "SSH host key verification failed",
    "hostKeyRevoked",
    /Ask whoever runs the host for its new key\.$/,
  ],
  [
    signInFailed("dev@build01:22", { refused: ["~/.ssh/id_ed25519"], untried: [], takes: [] }),
    "SSH authentication failed: Invalid credentials",
    "signInFailed",
    /Check User and IdentityFile in the ssh config; .*`ssh-add`/,
  ],
  [
    hostSilent("build01", "open a channel", 10),
    "SSH connection timeout: Host did not respond",
    "hostSilent",
    /within 10 s\. Check the host, and try again\.$/,
  ],
  [
    portInvalid("dev@build01:0"),
    "SSH unable to connect: Check host and port",
    "connectionRefused",
    /correct Port in the ssh config\.$/,
  ],
  [
    connectionLost("build01", failure({}, "read ECONNRESET")),
    "SSH error: Connection lost",
    "connectionLost",
    /\("read ECONNRESET"\); check the network and the host, and try again\.$/,
  ],
  [
    channelRefused("build01", failure({}, "open failed")),
    "SSH error: No channel",
    "channelRefused",
    /MaxSessions\); try again later\.$/,
  ],
  [
    filesExhausted("build01"),
    "SSH error: Too many open files",
    "hostExhausted",
    /the command was not started\. Wait .* or raise the limit .*, and start it again\.$/,
  ],
  [
    shellFailed("build01", "This account is not available."),
    "SSH error: No shell",
    "shellFailed",
    /It said "This account is not available\."\. Check that the account may run commands \(`ssh build01 true`\)\.$/,
  ],
  ...(
    [
      [
        "ENOTFOUND",
        "SSH hostname resolution failed: DNS lookup failed",
        "hostNameNotResolved",
        /check HostName/,
      ],
      [
        "EAI_AGAIN",
        "SSH hostname resolution failed: DNS lookup failed",
        "hostNameNotResolved",
        /check HostName/,
      ],
      [
        "ECONNREFUSED",
        "SSH connection refused: Port may be closed or firewall blocking",
        "connectionRefused",
        /check Port/,
      ],
      [
        "ETIMEDOUT",
        "SSH connection timeout: Host did not respond",
        "connectionTimeout",
        /check that it is up/,
      ],
      [
        "EHOSTUNREACH",
        "SSH network unreachable: Cannot reach host",
        "networkUnreachable",
        /check the network/,
      ],
      [
        "ENETUNREACH",
        "SSH network unreachable: Cannot reach host",
        "networkUnreachable",
        /check the network/,
      ],
      ["ECONNRESET", "SSH error: it failed", "connectionLost", /`ssh -v` in a terminal/],
    ] as const
  ).map(
    ([code, text, kind, next]) =>
      [connectFailed("dev@build01:22", failure({ code })), text, kind, next] as const,
  ),
  [
    connectFailed("dev@build01:22", failure({ level: "handshake" }, "Bad packet length")),
    "SSH error: Bad packet length",
    "handshakeFailed",
    /`ssh -v` in a terminal/,
  ],
];

describe("a failure on the way to a host", () => {
  for (const [error, text, code, next] of failures) {
    it(`is ${code}, begins with "${text}" and ends with a next step`, () => {
      assert.equal(error.code, code);
      assert.ok(error.message.startsWith(`${text}. `), error.message);
      assert.match(error.message, next);
    });
  }

  it("is that of the first address when a name has several", () => {
    const all = new AggregateError([
      failure({ code: "ECONNREFUSED" }),
      failure({ code: "ENETUNREACH" }),
    ]);

    assert.equal(connectFailed("dev@build01:22", all).code, "connectionRefused");
  });

  it("keeps what it was translated from", () => {
    const cause = failure({ code: "ECONNREFUSED" });

    assert.equal(connectFailed("dev@build01:22", cause).cause, cause);
    assert.equal(connectionLost("build01", cause).cause, cause);
  });

  it("shows control characters of a host instead of obeying them", () => {
    for (const { message } of [
      shellFailed("build01", "\x1b]0;title\x07no"),
      channelRefused("build01", failure({}, "\x1b[2Jno")),
      connectionLost("build01", failure({}, "\x1b[2Jno")),
      connectFailed("dev@build01:22", failure({}, "\x1b[2Jno")),
    ]) {
      assert.doesNotMatch(message, /[\x00-\x1f\x7f-\x9f]/);
      assert.match(message, /\\x1b/);
    }
  });
});
