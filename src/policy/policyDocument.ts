import {
  LineCounter,
  Parser,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type CST,
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
  if (isBeyondMeasure(text)) {
    const wrong = `The policy is nested more than ${maxDepth} deep, or has more than ${maxItems} entries in one place. Write fewer.`;
    return { line: 1, wrong };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error", // "silent" would also keep quiet about a second document
  });
  return (
    brokenBy(document, lines) ?? {
      value: document.toJS(),
      lineOf: (path) => lines.linePos(placeOf(document, path)).line,
    }
  );
}

const maxDepth = 64;
const maxItems = 10_000;

/**
 * Looks at the text's structure before it is composed: the composer calls itself at each level, until the process has no
 * stack left, and compares each key of a map with all others.
 */
function isBeyondMeasure(text: string): boolean {
  for (const document of new Parser().parse(text)) {
    const open: { readonly token: CST.Token | null | undefined; readonly depth: number }[] = [
      { token: document, depth: 0 },
    ];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const children = childrenOf(next.token);
      const depth = next.depth + 1;
      if (depth > maxDepth || children.length > 2 * maxItems) return true;
      open.push(...children.map((token) => ({ token, depth })));
    }
  }
  return false;
}

/** Keys and values. */
function childrenOf(token: CST.Token | null | undefined): (CST.Token | null | undefined)[] {
  if (token?.type === "document") return [token.value];
  if (token === undefined || token === null || !("items" in token)) return [];
  return token.items.flatMap((item) => [item.key, item.value]);
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
