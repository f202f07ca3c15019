import type { Launch } from "../../src/tasks/remoteHost";
import type { OpenShared } from "../../src/ssh/poolMember";

/** A launch that nobody listens to, with what the test wants to be different. */
export function createLaunch(changes: Partial<Launch> = {}): Launch {
  return {
    taskId: "build01:1:1",
    command: "true",
    durable: false,
    merge: false,
    maxSeconds: 0,
    admit: () => Promise.resolve(),
    onOutput: () => undefined,
    onGap: () => undefined,
    onLink: () => undefined,
    ...changes,
  };
}

/** How a pool opens control channels, where nothing durable is run. */
export function controlOnly(control: OpenShared["control"]): OpenShared {
  return { control, durable: () => Promise.reject(new Error("nothing here is durable")) };
}
