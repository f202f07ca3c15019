import type { IncomingMessage } from "node:http";

export type RequestBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "tooLarge" }
  | { readonly kind: "notJson" };

/** Reads a body of at most `maxBytes`; what is more is not kept. Rejects when the client goes away before its end. */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<RequestBody> {
  const bytes = await readBody(request, maxBytes);
  if (!bytes) return { kind: "tooLarge" };
  try {
    return { kind: "json", value: JSON.parse(bytes.toString("utf8")) as unknown };
  } catch {
    // What the parser complains about would quote the body.
    return { kind: "notJson" };
  }
}

/** Reads to the end even when that is too far: a client that still sends would not read our answer. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= maxBytes) chunks.push(chunk as Buffer);
    else chunks.length = 0;
  }
  return size <= maxBytes ? Buffer.concat(chunks) : undefined;
}
