import * as vscode from "vscode";
import type { Grant } from "../tasks/grant";
import type { Notify } from "./notify";

/** The grants in force, and how they are taken back. */
export interface GrantList {
  list(): Promise<readonly Grant[]>;
  /** Rejects with an Error when that can't be kept. */
  revoke(grants: readonly Grant[]): Promise<void>;
}

export interface ManageGrantsParts {
  readonly grants: GrantList;
  readonly notify: Pick<Notify, "inform">;
}

/** Lists what agents may do without asking, and revokes what the person picks. Rejects where that can't be kept. */
export async function manageGrants({ grants, notify }: ManageGrantsParts): Promise<void> {
  const listed = await grants.list();
  if (listed.length === 0) {
    notify.inform("There are no grants: you are asked before an agent runs a command on a host.");
    return;
  }
  const picks = listed.map((grant) => ({
    label: grant.alias,
    description: `${grant.machine} · ${untilWhen(grant)}`,
    detail: `Granted to ${grant.client.replace(/^agent:/, "")} on ${day(grant.grantedAt)}${grant.rule === undefined ? "" : ` for ${grant.rule}`}`,
    grant,
  }));
  const picked = await vscode.window.showQuickPick(picks, {
    title: "Manage SSH Grants",
    placeHolder: "Choose the grants to revoke",
    canPickMany: true,
    matchOnDescription: true,
  });
  if (!picked || picked.length === 0) return;
  await grants.revoke(picked.map(({ grant }) => grant));
  const count = picked.length === 1 ? "1 grant is" : `${picked.length} grants are`;
  notify.inform(`${count} revoked. What runs already goes on.`);
}

function untilWhen({ expiresAt }: Grant): string {
  return expiresAt === undefined ? "this session" : `until ${day(expiresAt)}`;
}

function day(time: number): string {
  return new Date(time).toLocaleDateString();
}
