import { TaskError } from "../tasks/taskError";
import { quoted } from "../tasks/visibleText";

/** Failed sign-ins as TaskErrors: see sshErrors.ts. */

export type WhyUntried =
  "passphraseWrong" | "passphraseNeeded" | "nobodyToAsk" | "agent" | "file" | "other";

/** A key or a method that was not offered to the server, or not to its end. */
export interface Untried {
  readonly what: string;
  readonly why: WhyUntried;
  /** The same in words. */
  readonly detail: string;
}

/** What the server has seen of us before it refused. */
export interface Refusal {
  /** Keys and methods. */
  readonly refused: readonly string[];
  readonly untried: readonly Untried[];
  /** The methods that it takes, as far as it has said. */
  readonly takes: readonly string[];
  /** It has lost patience. */
  readonly tooMany?: boolean;
}

export function signInFailed(target: string, refusal: Refusal): TaskError {
  const { refused, untried, takes } = refusal;
  const none = untried.length > 0 ? "a sign-in" : "a sign-in without any key (none was found)";
  const what = refused.length > 0 ? [...new Set(refused)].join(", ") : none;
  const not = untried.map(({ what, detail }) => `${what} (${detail})`).join(", ");
  const its = takes.length > 0 ? `; it takes ${takes.join(", ")}` : "";
  return new TaskError(
    "signInFailed",
    `SSH authentication failed: Invalid credentials. ${target} refused ${what}` +
      `${not === "" ? "" : `; not tried: ${not}`}${its}. ${nextStep(refusal)}`,
  );
}

const nextSteps: Readonly<Record<WhyUntried, string>> = {
  passphraseWrong:
    "Start the task again and give the right passphrase, or add the key to the agent (`ssh-add`).",
  passphraseNeeded:
    "Add the key to the agent (`ssh-add`), or give its passphrase to the server when it starts (--secret-env).",
  nobodyToAsk:
    "Use a key that the host takes, or give the secret to the server when it starts (--secret-env).",
  agent: "Start the agent and add the key to it (`ssh-add`), or name a key file with IdentityFile.",
  file: "Correct IdentityFile in the ssh config, or that file.",
  other: "",
};

/** The first reason counts, in the order of the list. */
function nextStep({ refused, untried, tooMany }: Refusal): string {
  if (tooMany)
    return "It takes no more attempts (MaxAuthTries): name the right key with IdentityFile, and set IdentitiesOnly yes, in the ssh config.";
  const whys = Object.keys(nextSteps) as WhyUntried[];
  const why = whys.find((one) => untried.some((it) => it.why === one)) ?? "other";
  if (nextSteps[why] !== "") return nextSteps[why];
  if (refused.some((method) => method === "password" || method === "keyboard-interactive"))
    return "Check User in the ssh config, start the task again, and give the right answer.";
  return (
    "Check User and IdentityFile in the ssh config; a key with a passphrase has to be in the agent (`ssh-add`), " +
    "and an account that is locked or expired is refused too."
  );
}

/** The server has let go in the midst of the sign-in. `said` is what it had to say, often nothing. */
export function signInCut(target: string, said: string): TaskError {
  const words = said === "" ? "" : ` It said ${quoted(said)}.`;
  return new TaskError(
    "signInFailed",
    `SSH authentication failed: Invalid credentials. ${target} ended the conversation during the sign-in.${words} The account may be ` +
      "expired or closed for now, or the sign-in took too long (LoginGraceTime). Ask whoever runs the host, or look in its log.",
  );
}

export function signInGivenUp(alias: string): TaskError {
  return new TaskError(
    "signInGivenUp",
    `SSH authentication failed: Invalid credentials. A question of the sign-in to ${alias} was closed without an answer. Start the task again to be asked again.`,
  );
}

export function signInAwaited(alias: string): TaskError {
  return new TaskError(
    "signInAwaited",
    `SSH authentication failed: Waiting for the person. ${alias} needs a new sign-in. Answer the question in the editor: the cancel goes on then.`,
  );
}
