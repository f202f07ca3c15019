import type { Resource, ResourceTemplate } from "@modelcontextprotocol/sdk/types.js";
import type { Task } from "../../tasks/task";
import { shortCommand } from "../taskFields";
import { visibleOutput } from "../../tasks/visibleText";

export const jsonType = "application/json";

/** Tasks that are listed, the newest; any other can be read by its id. */
const maxListedTasks = 50;

const hosts: Resource = {
  uri: "ssh://hosts",
  name: "resource_hosts",
  title: "Registered SSH Hosts",
  description: "Sanitized inventory of all configured host aliases.",
  mimeType: jsonType,
};

export const resourceTemplates: readonly ResourceTemplate[] = [
  {
    uriTemplate: "ssh://host/{alias}",
    name: "resource_host",
    title: "Host Details",
    description: "Sanitized configuration for a specific host alias.",
    mimeType: jsonType,
  },
  {
    uriTemplate: "ssh://host/{alias}/tags",
    name: "resource_host_tags",
    title: "Host Tags",
    description: "Tag listing for a host alias.",
    mimeType: jsonType,
  },
  {
    uriTemplate: "ssh://host/{alias}/capabilities",
    name: "resource_host_capabilities",
    title: "Host Capability Summary",
    description: "High-level summary of policy-driven execution limits and sample allowances.",
    mimeType: jsonType,
  },
  {
    uriTemplate: "ssh://task/{id}",
    name: "resource_task",
    title: "SSH Task",
    description: "Status, host, command, times and cancel receipt of a task.",
    mimeType: jsonType,
  },
  {
    uriTemplate: "ssh://task/{id}/output",
    name: "resource_task_output",
    title: "SSH Task Output",
    description: "Output of a task so far: its beginning and its end where it is long.",
    mimeType: jsonType,
  },
];

export function listResources(tasks: readonly Task[]): Resource[] {
  return [hosts, ...tasks.slice(-maxListedTasks).reverse().map(taskEntry)];
}

export function taskUri(taskId: string): string {
  return `ssh://task/${taskId}`;
}

function taskEntry(task: Task): Resource {
  const title = visibleOutput(shortCommand(task.command)).replaceAll("\n", " ");
  return {
    uri: taskUri(task.id),
    name: task.id,
    title: `${title} on ${task.alias}`,
    mimeType: jsonType,
  };
}
