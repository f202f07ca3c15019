import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isWindow } from "../store/windowJournal";
import { WindowLease } from "../store/windowLease";
import type { Disposable } from "../tasks/lifecycle";
import type { Logger } from "../tasks/logger";
import type { WindowNews } from "../tasks/otherWindow";
import { TaskViewer, type SharedTasks } from "./taskViewer";
import { WindowLink } from "./windowLink";

/** How often, about, other windows are looked for. */
const lookMs = 2000;
/** Windows that look at the tasks of this one. */
const maxViewers = 64;

export interface ShareParts {
  /** This window's; the folders of the other windows are beside its own. */
  readonly lease: WindowLease;
  readonly tasks: SharedTasks & { readonly windowNews: WindowNews };
  readonly logger: Logger;
}

/** Shows the tasks of this window to the others on the same journal, and theirs here, until it is disposed. */
export function shareTasks(parts: ShareParts): Disposable {
  const { lease, tasks } = parts;
  const viewers = new Set<TaskViewer>();
  lease.serve((socket) => {
    if (viewers.size >= maxViewers) {
      socket.destroy();
      return;
    }
    const viewer = new TaskViewer(socket, lease.folder, tasks);
    viewers.add(viewer);
    socket.once("close", () => viewers.delete(viewer));
  });
  const links = new WindowLinks(parts);
  return {
    dispose: () => {
      links.dispose();
      for (const viewer of viewers) viewer.dispose();
    },
  };
}

/** A link to each of the other windows. */
class WindowLinks implements Disposable {
  private readonly links = new Map<string, WindowLink | undefined>();
  private timer: NodeJS.Timeout | undefined;
  private disposed = false;

  constructor(private readonly parts: ShareParts) {
    void this.look();
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    for (const link of this.links.values()) link?.dispose();
  }

  private async look(): Promise<void> {
    const { lease, logger } = this.parts;
    const root = dirname(lease.folder);
    try {
      for (const name of await readdir(root)) {
        const folder = join(root, name);
        if (isWindow(name) && folder !== lease.folder && !this.links.has(folder)) this.open(folder);
      }
    } catch (error) {
      logger.debug(`other windows can't be looked for: ${String(error)}`);
    }
    if (!this.disposed)
      this.timer = setTimeout(() => void this.look(), lookMs * (0.75 + Math.random() / 2));
  }

  private open(folder: string): void {
    this.links.set(folder, undefined);
    const forget = (): void => void this.links.delete(folder);
    void this.connect(folder, forget).catch((error: unknown) => {
      forget();
      this.parts.logger.debug(`the window of ${folder} shows no tasks: ${String(error)}`);
    });
  }

  private async connect(folder: string, onEnd: () => void): Promise<void> {
    const holder = await WindowLease.holderOf(folder);
    if (!holder) throw new Error("Nobody has claimed it");
    const link = await WindowLink.open(folder, holder, this.parts.tasks.windowNews, onEnd);
    if (this.disposed) link.dispose();
    else this.links.set(folder, link);
  }
}
