import {
  LineCounter,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
} from "yaml";

/** The value of a policy file, with the way back to its lines. */
export interface PolicyDocument {
  readonly value: unknown;
  /** The line of a key, or of the nearest thing around it that is there. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

/** What keeps a text from being read at all. */
export interface BrokenDocument {
  readonly line: number;
  readonly wrong: string;
}

/** Reads YAML, of which JSON is a part. Each key may be there once, and nothing may stand for something else. */
export function parsePolicyDocument(text: string): PolicyDocument | BrokenDocument {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: "error",
    });
    return (
      brokenBy(document, lines) ?? {
        value: document.toJS({ maxAliasCount: 0 }),
        lineOf: (path) => lines.linePos(placeOf(document, path)).line,
      }
    );
  } catch {
    // The reader calls itself for each level, until there is no more stack.
    return { line: 1, wrong: "The policy is nested too deeply to be read. Write fewer levels." };
  }
}

function brokenBy(document: Document.Parsed, lines: LineCounter): BrokenDocument | undefined {
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const wrong = `${error.message}. Write valid YAML or JSON.`;
    return { line: lines.linePos(error.pos[0]).line, wrong };
  }
  const reference = findReference(document);
  if (reference === undefined) return undefined;
  const line = lines.linePos(reference.range?.[0] ?? 0).line;
  return {
    line,
    wrong: "YAML anchors and aliases are not read. Write the value out at each place.",
  };
}

function findReference(document: Document.Parsed): Node | undefined {
  let found: Node | undefined;
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.anchor === undefined) return undefined;
      found = node;
      return visit.BREAK;
    },
  });
  return found;
}

/** The offset of the deepest key of the path that is there. */
function placeOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let place = startOf(node) ?? 0;
  for (const key of path) {
    const next = step(node, key);
    if (next === undefined) return place;
    place = next.place ?? place;
    node = next.value;
  }
  return place;
}

function step(
  node: unknown,
  key: PropertyKey,
): { readonly place: number | undefined; readonly value: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return item === undefined ? undefined : { place: startOf(item), value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return pair === undefined ? undefined : { place: startOf(pair.key), value: pair.value };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) && !isPair(node) ? node.range?.[0] : undefined;
}
