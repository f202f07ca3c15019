import type { ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import type { Clock } from "../../tasks/clock";
import { DisposableStore, type Disposable } from "../../tasks/lifecycle";
import type { ToolTasks } from "../defineTool";
import { taskUri } from "./resources";

/** News are gathered for so long. */
const gatherMs = 500;
/** Resources that one session follows. */
const maxFollowed = 1000;

/** Tells one client that resources have changed which it follows, and that the list has once it has read that. */
export class ResourceNews implements Disposable {
  private readonly owned = new DisposableStore();
  private readonly followed = new Set<string>();
  private readonly known = new Set<string>();
  private readonly changed = new Set<string>();
  private followsList = false;
  private listChanged = false;
  private timer: Disposable | undefined;

  constructor(
    tasks: Pick<ToolTasks, "onDidChangeTask" | "onDidRemoveTask" | "onDidAppendOutput">,
    private readonly clock: Clock,
    private readonly send: (notification: ServerNotification) => Promise<void>,
  ) {
    this.owned.add(tasks.onDidChangeTask(({ id }) => this.onTask(id)));
    this.owned.add(tasks.onDidRemoveTask((id) => this.onTask(id, true)));
    this.owned.add(tasks.onDidAppendOutput((id) => this.note(`${taskUri(id)}/output`)));
  }

  /** @returns false when it follows too many already. */
  follow(uri: string): boolean {
    if (this.followed.size >= maxFollowed) return false;
    this.followed.add(uri);
    return true;
  }

  unfollow(uri: string): void {
    this.followed.delete(uri);
  }

  /** It has read the list, with these tasks. */
  onListed(taskIds: readonly string[]): void {
    this.followsList = true;
    for (const id of taskIds) this.known.add(id);
  }

  dispose(): void {
    this.timer?.dispose();
    this.owned.dispose();
  }

  private onTask(taskId: string, removed = false): void {
    this.note(taskUri(taskId));
    this.note(`${taskUri(taskId)}/output`);
    if (!this.followsList || this.known.has(taskId) === !removed) return;
    if (removed) this.known.delete(taskId);
    else this.known.add(taskId);
    this.listChanged = true;
    this.tellLater();
  }

  private note(uri: string): void {
    if (!this.followed.has(uri)) return;
    this.changed.add(uri);
    this.tellLater();
  }

  private tellLater(): void {
    this.timer ??= this.clock.after(gatherMs, () => this.tell());
  }

  private tell(): void {
    this.timer = undefined;
    const tell = (notification: ServerNotification): void =>
      void this.send(notification).catch(() => undefined); // a client that is gone hears nothing
    if (this.listChanged) tell({ method: "notifications/resources/list_changed" });
    for (const uri of this.changed) {
      tell({ method: "notifications/resources/updated", params: { uri } });
    }
    this.listChanged = false;
    this.changed.clear();
  }
}
