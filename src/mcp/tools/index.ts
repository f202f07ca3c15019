import type { Tool } from "../defineTool";
import { sshCancel } from "./sshCancel";
import { sshCancelAsyncTask } from "./sshCancelAsyncTask";
import { sshDescribeHost } from "./sshDescribeHost";
import { sshGetTaskOutput } from "./sshGetTaskOutput";
import { sshGetTaskResult } from "./sshGetTaskResult";
import { sshGetTaskStatus } from "./sshGetTaskStatus";
import { sshListHosts } from "./sshListHosts";
import { sshListTasks } from "./sshListTasks";
import { sshPing } from "./sshPing";
import { sshPlan } from "./sshPlan";
import { sshReloadConfig } from "./sshReloadConfig";
import { sshRun } from "./sshRun";
import { sshRunOnTag } from "./sshRunOnTag";
import { sshRunAsync } from "./sshRunAsync";
import { sshWaitTask } from "./sshWaitTask";

/** Every tool that is served, in the order in which clients list them. */
export const tools: readonly Tool[] = [
  sshPing,
  sshListHosts,
  sshDescribeHost,
  sshPlan,
  sshRun,
  sshRunOnTag,
  sshRunAsync,
  sshWaitTask,
  sshListTasks,
  sshGetTaskStatus,
  sshGetTaskOutput,
  sshGetTaskResult,
  sshCancel,
  sshCancelAsyncTask,
  sshReloadConfig,
];
