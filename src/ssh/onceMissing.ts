import { TaskError } from "../tasks/taskError";
import type { OpenShared } from "./poolMember";

/** A host that has no perl is asked for it once. */
export function onceMissing(open: OpenShared["durable"]): OpenShared["durable"] {
  let missing: TaskError | undefined;
  return async (connection) => {
    if (missing) throw missing;
    try {
      return await open(connection);
    } catch (error) {
      if (error instanceof TaskError && error.code === "perlMissing") missing = error;
      throw error;
    }
  };
}
