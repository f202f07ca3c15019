import { homedir } from "node:os";
import * as vscode from "vscode";
import type {
  ConnectionTest,
  ConnectStep,
  HostConnections,
  PassedStep,
  StepReport,
} from "../tasks/hostConnections";
import { durationOf } from "./hostText";
import type { Notify } from "./notify";
import { visible } from "./taskText";

export interface TestConnectionParts {
  readonly hosts: Pick<HostConnections, "testConnection">;
  readonly notify: Pick<Notify, "ask" | "fail" | "record" | "showDetails">;
}

const stepTexts: Readonly<Record<ConnectStep, { readonly noun: string; readonly doing: string }>> =
  {
    resolve: { noun: "Name", doing: "resolving the name" },
    connect: { noun: "Connection", doing: "connecting" },
    hostKey: { noun: "Host key", doing: "checking the host key" },
    signIn: { noun: "Sign-in", doing: "signing in" },
    shell: { noun: "Shell", doing: "starting a shell" },
  };

const showDetails = "Show Details";

/** Tests the connection to a host while the person sees how far it is, and tells them how it went. */
export async function testConnection(
  { hosts, notify }: TestConnectionParts,
  alias: string,
): Promise<void> {
  const test = await runTest(hosts, alias);
  if (!test) return;
  const lines = describeSteps(test);
  for (const line of lines) notify.record(`connection test of ${alias}: ${line}`);
  const answer = test.failure
    ? await notify.fail(visible(`${alias}: ${test.failure.message}`), [showDetails])
    : await notify.ask(describeSuccess(test), [showDetails]);
  if (answer !== showDetails) return;
  const title = test.failure ? `${alias} can't be used` : `${alias} answered`;
  await notify.showDetails(title, lines.join("\n"));
}

/** Undefined when the person has ended it. */
function runTest(
  hosts: TestConnectionParts["hosts"],
  alias: string,
): Thenable<ConnectionTest | undefined> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Testing ${alias}`,
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const ended = new AbortController();
    token.onCancellationRequested(() => ended.abort());
    const onStep = ({ host, step, state }: StepReport): void => {
      if (state !== "begun") return;
      const where = host === alias ? "" : `${host}, on the way: `;
      progress.report({ message: `${where}${stepTexts[step].doing}…` });
    };
    try {
      return await hosts.testConnection(alias, { onStep, signal: ended.signal });
    } catch (error) {
      if (ended.signal.aborted) return undefined;
      throw error;
    }
  });
}

/** In one sentence, of the host itself. */
function describeSuccess({ alias, passed, ms }: ConnectionTest): string {
  const own = passed.filter(({ host }) => host === alias);
  const parts = own.flatMap(({ step, detail }) => {
    if (step === "hostKey") return [`host key ${detail.split(",", 1)[0] ?? ""}`];
    if (step === "signIn") return [`signed in ${withTilde(detail)}`];
    if (step === "shell") return [detail === "" ? "shell ready" : detail];
    return [];
  });
  return visible(`${alias} answered: ${[...parts, durationOf(ms)].join(", ")}.`);
}

/** Line by line, the failed one last. */
function describeSteps({ alias, passed, failure }: ConnectionTest): string[] {
  const label = ({ host, step }: Pick<PassedStep, "host" | "step">): string =>
    host === alias ? stepTexts[step].noun : `${stepTexts[step].noun} of ${host}`;
  const lines = passed.map((one) => {
    const found = one.detail === "" ? "ready" : withTilde(one.detail);
    return `✓ ${label(one)}: ${found} (${durationOf(one.ms)})`;
  });
  if (failure) lines.push(`✗ ${failure.step ? `${label(failure.step)}: ` : ""}${failure.message}`);
  return lines.map(visible);
}

function withTilde(text: string): string {
  return text.replaceAll(`${homedir()}/`, "~/");
}
