import { cancelParams, cancelTask } from "../cancelTask";
import { cancelsTasks, defineTool } from "../defineTool";

export const sshCancel = defineTool({
  name: "ssh_cancel",
  title: "Cancel SSH Task",
  description:
    "Same as ssh_cancel_async_task, under the name that goes with ssh_run: ends any task's processes on its host and " +
    "answers once they are gone. To only stop waiting for a task, just don't ask again: it goes on.",
  annotations: cancelsTasks,
  params: cancelParams,
  errorPrefix: "Cancel error",
  handle: (args, context) => cancelTask("ssh_cancel", args, context),
});
