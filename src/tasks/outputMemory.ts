import type { Limits } from "./limits";
import type { OutputLog } from "./outputLog";

/** What an ended task keeps of each stream when memory is short. */
const leastOfEnded = { start: 4 * 1024, end: 16 * 1024 };
/** What a live task keeps of the end of each stream at the least. */
const leastOfLive = 64 * 1024;

/** A task's output, and whether more of it may come. */
export interface Kept {
  readonly output: Pick<OutputLog, "keepOnly" | "shrink">;
  readonly ended: boolean;
}

/**
 * The memory that the output of all tasks takes, bounded: when it is too much, the oldest ended tasks give up most of
 * theirs, and if that does not do, those that live keep less.
 */
export class OutputMemory {
  private used = 0;
  private reclaiming = false;

  constructor(
    private readonly limits: Pick<Limits, "maxOutputMemoryBytes">,
    /** The outputs there are, the oldest first. */
    private readonly list: () => Iterable<Kept>,
  ) {}

  /** Bytes it takes now. */
  get usedBytes(): number {
    return this.used;
  }

  /** Counts a change, and makes room when it was one too many. */
  readonly account = (bytes: number): void => {
    this.used += bytes;
    if (bytes <= 0 || this.reclaiming || this.used <= this.limits.maxOutputMemoryBytes) return;
    this.reclaiming = true;
    this.reclaim();
    this.reclaiming = false;
  };

  /** A tenth more than is needed, so that it need not be done again for the next byte. */
  private reclaim(): void {
    const enough = this.limits.maxOutputMemoryBytes * 0.9;
    const live: Kept[] = [];
    for (const kept of this.list()) {
      if (this.used <= enough) return;
      if (kept.ended) kept.output.keepOnly(leastOfEnded.start, leastOfEnded.end);
      else live.push(kept);
    }
    // Half of it for the ends of their two streams; their starts, and what ended tasks keep, are small beside that.
    const share = Math.max(leastOfLive, Math.floor(enough / live.length / 4));
    for (const { output } of live) output.shrink(share);
  }
}
