import { cancelParams, cancelTask } from "../cancelTask";
import { cancelsTasks, defineTool } from "../defineTool";

export const sshCancelAsyncTask = defineTool({
  name: "ssh_cancel_async_task",
  title: "Cancel Async SSH Task",
  description:
    "Ends a task, whichever tool started it: its processes on the host get TERM, after grace_seconds KILL, and are looked " +
    "for again. status cancelled means verified gone; for anything else read note. " +
    "To only stop waiting for a task, just don't ask again: it goes on.",
  annotations: cancelsTasks,
  params: cancelParams,
  errorPrefix: "Cancel error",
  handle: (args, context) => cancelTask("ssh_cancel_async_task", args, context),
});
