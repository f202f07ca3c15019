import { asError, TaskError } from "../tasks/taskError";
import type { HostChannel } from "./hostConnection";
import { channelRefused, hostSilent } from "./sshErrors";

/** A connection, as far as it takes to open a channel over it. */
export interface ChannelSource {
  readonly alias: string;
  /** Seconds that one attempt may take. */
  readonly seconds: number;
  /** Why the connection is gone, once it is. */
  readonly goneBecause: () => TaskError | undefined;
  /**
   * Asks the server for a channel, once; `opened` is called in the moment it is there. Rejects with an Error where there
   * is none, a TaskError where another attempt would fare no better. Nobody waits for it any more once the signal is
   * aborted.
   */
  readonly request: RequestChannel;
}

export type RequestChannel = (
  opened: (channel: HostChannel) => void,
  late: AbortSignal,
) => Promise<void>;

/** A refused channel has run nothing, whatever the reason: the script is sent once `/bin/sh` was granted. */
const retries = 3;

/** Opens a channel, asking again where that may help. Resolves with what `listen` makes of it; rejects with a TaskError. */
export async function openChannel<T>(
  source: ChannelSource,
  listen: (channel: HostChannel) => T,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openOnce(source, listen);
    } catch (error) {
      if (error instanceof TaskError) throw error;
      // A lost connection fails what is under way a moment before it says that it is lost.
      // sshd frees the place of an ended command a moment after it said so. dropbear 2022.83 closes a channel that has
      // no command yet when that of another one ends.
      await new Promise((resolve) => setTimeout(resolve, attempt * 50 * (1 + Math.random())));
      const gone = source.goneBecause();
      if (gone) throw gone;
      if (attempt > retries) throw channelRefused(source.alias, error);
    }
  }
}

function openOnce<T>(
  { alias, seconds, request }: ChannelSource,
  listen: (channel: HostChannel) => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      reject(hostSilent(alias, "open a channel with a shell", seconds));
    }, seconds * 1000);
    const opened = (channel: HostChannel): void => {
      clearTimeout(timer);
      if (late.signal.aborted) channel.close();
      else resolve(listen(channel));
    };
    request(opened, late.signal).catch((error: unknown) => {
      clearTimeout(timer);
      reject(asError(error));
    });
  });
}
