import * as vscode from "vscode";
import type { HostCatalog, HostInfo } from "../tasks/remoteHost";
import { addressOf } from "./hostText";
import type { Notify } from "./notify";

export interface PickHostParts {
  readonly catalog: Pick<HostCatalog, "listHosts">;
  readonly notify: Pick<Notify, "noHosts">;
}

/** Lets the person choose one of the hosts; undefined when they don't, or are told that there are none. */
export async function pickHost(
  { catalog, notify }: PickHostParts,
  words: Pick<vscode.QuickPickOptions, "title" | "placeHolder">,
): Promise<string | undefined> {
  const hosts = await catalog.listHosts();
  if (hosts.length > 0) return pickHostOf(hosts, words);
  void notify.noHosts();
  return undefined;
}

export async function pickHostOf(
  hosts: readonly HostInfo[],
  words: Pick<vscode.QuickPickOptions, "title" | "placeHolder">,
): Promise<string | undefined> {
  const picks = hosts.map((host) => ({
    label: host.alias,
    description: addressOf(host),
    detail: [host.description, ...host.tags.map((tag) => `#${tag}`)].filter(Boolean).join(" "),
  }));
  const options = { ...words, matchOnDescription: true, matchOnDetail: true };
  const pick = await vscode.window.showQuickPick(picks, options);
  return pick?.label;
}
