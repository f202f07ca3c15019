import * as ssh from "../../src/ssh/sshErrors";
import * as signIn from "../../src/ssh/signInErrors";
import * as core from "../../src/tasks/taskError";
import { taskErrorCodes, type TaskError } from "../../src/tasks/taskError";

/** A code, the sentence with harmless values, and what a client is told where that differs. */
export type OurFailure = readonly [code: string, message: string, told?: string];

const target = "build01";
const key = {
  name: "build01",
  type: "ssh-ed25519",
  fingerprint: "SHA256:abcdefghijklmnopqrstuvwxyz012345+/6789ABCDE",
};
const cause = new Error("read error");
const coded = (code: string): Error => Object.assign(new Error("read error"), { code });

const untried = [
  "passphraseWrong",
  "passphraseNeeded",
  "nobodyToAsk",
  "agent",
  "file",
  "other",
] as const;

const plain: readonly TaskError[] = [
  core.invalidRequest("max_seconds must be a whole number from 0 (no limit) to 2592000 (30 days)"),
  core.hostNotFound(target),
  core.tooManyTasks(40),
  core.limitExceeded(target, 60),
  core.policyInvalid("both sshTasks.policy and sshTasks.policyFile are set; keep one."),
  core.policyInvalid("sshTasks.policy: rules[0].action: write allow, ask or deny."),
  core.addressDenied(target, "No resolved IPs allowed by policy.network"),
  core.shuttingDown(),
  core.windowGone(),
  core.windowSilent(1234),
  ssh.hostKeyUnknown(target, key),
  signIn.signInFailed(target, { refused: ["the keys of the agent"], untried: [], takes: [] }),
  ...untried.map((why) =>
    signIn.signInFailed(target, {
      refused: [],
      untried: [{ what: "it", why, detail: "nobody can be asked here" }],
      takes: ["publickey", "password"],
    }),
  ),
  signIn.signInFailed(target, { refused: ["it"], untried: [], takes: [], tooMany: true }),
  signIn.signInCut(target, "Closed."),
  signIn.signInGivenUp(target),
  signIn.signInAwaited(target),
  ssh.notSsh(target, "hello"),
  ssh.noCommonAlgorithm(target, "no matching cipher"),
  ssh.sshMissing(target),
  ssh.systemUnsupported(target),
  ssh.noRuntimeFolder(target, cause),
  ssh.hostSilent(target, "accept the connection", 10),
  ssh.notDurable(target, "it has no perl"),
  ssh.noPlace(target),
  ssh.filesExhausted(target),
  ssh.perlMissing(target),
  ssh.nameUnanswered(target, 10),
  ssh.connectionDropped(target, cause),
  ssh.portInvalid(target),
  ssh.connectionLost(target),
  ssh.connectionLost(target, cause),
  ssh.channelRefused(target, cause),
  ssh.processesHidden(target),
  ssh.shellFailed(target, ""),
  ssh.shellFailed(target, "This account is not available."),
  ...["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"].map(
    (code) => ssh.connectFailed(target, coded(code)),
  ),
  ssh.connectFailed(target, Object.assign(new Error("read error"), { level: "handshake" })),
  ssh.connectFailed(target, cause),
];

const hiding: readonly (readonly [TaskError, readonly (readonly [string, string])[]])[] = [
  [
    core.policyInvalid("/home/jane/policy.yml:3: rules[0].action: write allow, ask or deny."),
    [["/home/jane/policy.yml", "[file]"]],
  ],
  [core.addressDenied(target, "peer IP 10.1.2.3 not allowed"), [["10.1.2.3", "[ip]"]]],
  [core.journalNewer("/home/jane doe/state"), [["/home/jane doe/state", "[path]"]]],
  [
    ssh.hostKeyChanged(target, key, {
      fingerprint: key.fingerprint,
      where: "/home/jane/.ssh/known_hosts:7",
    }),
    [["/home/jane/.ssh/known_hosts", "[path]"]],
  ],
  [
    ssh.hostKeyRevoked(target, key, "/etc/ssh/ssh_known_hosts:7"),
    [["/etc/ssh/ssh_known_hosts", "[path]"]],
  ],
  [
    signIn.signInFailed("jane@10.1.2.3:22", {
      refused: ["the key /home/jane/.ssh/id"],
      untried: [],
      takes: [],
    }),
    [
      ["jane@10.1.2.3:22", "[user@host]"],
      ["/home/jane/.ssh/id", "[path]"],
    ],
  ],
  [
    ssh.connectFailed("jane@db.corp.example:22", new Error("connect 10.1.2.3:22 failed")),
    [
      ["jane@db.corp.example:22", "[user@host]"],
      ["10.1.2.3:22", "[ip]"],
    ],
  ],
];

/** Every factory of ours, called with harmless values. */
export const ourFailures: readonly OurFailure[] = [
  ...plain.map(({ code, message }): OurFailure => [code, message]),
  ...hiding.map(([{ code, message }, hidden]): OurFailure => {
    let told = message;
    for (const [what, as] of hidden) told = told.replaceAll(what, as);
    return [code, message, told];
  }),
];

/** The codes that no factory here gives. */
export function codesOf(failures: readonly OurFailure[]): string[] {
  const made = new Set(failures.map(([code]) => code));
  const elsewhere = new Set(["configUnreadable", "taskLost"]);
  return taskErrorCodes.filter((code) => !made.has(code) && !elsewhere.has(code));
}
