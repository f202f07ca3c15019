import type { CompleteRequest } from "@modelcontextprotocol/sdk/types.js";
import type { ResourceContext } from "./resources/readResource";

/** As many as one answer may have (MCP, utilities/completion). */
const maxValues = 100;

type Params = CompleteRequest["params"];

/** Aliases for `alias`, task ids, newest first, for `id`: those that begin with what is there. */
export async function completeArgument(
  ref: Params["ref"],
  { name, value }: Params["argument"],
  { catalog, tasks }: Pick<ResourceContext, "catalog" | "tasks">,
): Promise<{ values: string[]; total: number; hasMore: boolean }> {
  const all = ref.type === "ref/resource" ? await candidates() : [];
  const matching = all.filter((candidate) => candidate.startsWith(value));
  const values = matching.slice(0, maxValues);
  return { values, total: matching.length, hasMore: values.length < matching.length };

  async function candidates(): Promise<string[]> {
    if (name === "alias") return (await catalog.listHosts()).map(({ alias }) => alias);
    if (name !== "id") return [];
    return tasks
      .listTasks()
      .map(({ id }) => id)
      .reverse();
  }
}
