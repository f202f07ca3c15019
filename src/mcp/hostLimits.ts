import type { ToolContext } from "./defineTool";

/** The same context, whose results about a host hold no more than what is allowed there. Never rejects. */
export async function withHostLimits<T extends Pick<ToolContext, "catalog" | "gate" | "limits">>(
  alias: string,
  context: T,
): Promise<T> {
  const bound = await context.gate.maxResultBytes(() => context.catalog.findTags(alias));
  if (bound === undefined) return context;
  const maxResultBytes = Math.min(context.limits.maxResultBytes, bound);
  return { ...context, limits: { ...context.limits, maxResultBytes } };
}
