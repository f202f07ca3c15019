import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import {
  defaultLimits,
  limitNames,
  whyNoLimit,
  type LimitName,
  type Limits,
} from "../tasks/limits";
import type { Logger } from "../tasks/logger";
import { limitSection } from "./commandIds";

/**
 * The limits of the person's settings. The object stays the same and follows them, so that a change counts at once; a
 * value that is none leaves the default in force, and the log says so.
 */
export function followLimitSettings(logger: Pick<Logger, "warn">): Limits & Disposable {
  const owned = new DisposableStore();
  const limits = { ...defaultLimits, dispose: () => owned.dispose() };
  const read = (): void => void Object.assign(limits, readLimits(logger));
  read();
  owned.add(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(limitSection)) read();
    }),
  );
  return limits;
}

function readLimits(logger: Pick<Logger, "warn">): Limits {
  const settings = vscode.workspace.getConfiguration(limitSection);
  const readOne = (name: LimitName): number => {
    const value = settings.get<unknown>(name, defaultLimits[name]);
    const fault = whyNoLimit(name, value);
    if (typeof value === "number" && fault === undefined) return value;
    logger.warn(`setting ${limitSection}.${fault}; ${defaultLimits[name]} is used instead`);
    return defaultLimits[name];
  };
  return Object.fromEntries(limitNames.map((name) => [name, readOne(name)])) as unknown as Limits;
}
