/**
 * Globs as Python's fnmatch reads them on POSIX: case-sensitive, over the whole text; `*` is any run of characters,
 * slashes and newlines too, `?` one character, `[a-z]` one of a class, `[!a]` one outside it. Nothing escapes, and a `[`
 * without its `]` is itself. (https://docs.python.org/3/library/fnmatch.html)
 */

/** In a pattern of a command: any text, of any length. A command never contains it, see `shellReader.ts`. */
export const anything = "\0";

/** `yes`: whatever `anything` stands for; `maybe`: for some of it. */
export type Match = "yes" | "maybe" | "no";

interface CharClass {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}
type GlobToken = string | CharClass;

/** Says whether a glob matches a text, which may contain `anything`. Takes at most the product of their lengths. */
export function matchGlob(glob: string, text: string): Match {
  const tokens = parseGlob(glob);
  const characters = Array.from(text);
  if (surelyMatches(tokens, characters)) return "yes";
  return text.includes(anything) && mightMatch(tokens, characters) ? "maybe" : "no";
}

/** Says whether any of the globs matches a text without `anything`. */
export function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => matchGlob(glob, text) === "yes");
}

function parseGlob(glob: string): GlobToken[] {
  const characters = Array.from(glob);
  const tokens: GlobToken[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? "";
    const end = character === "[" ? endOfClass(characters, i) : -1;
    if (end > 0) {
      tokens.push(parseClass(characters.slice(i + 1, end)));
      i = end;
    } else if (character !== "*" || tokens.at(-1) !== "*") {
      tokens.push(character);
    }
  }
  return tokens;
}

/** A `]` right after the `[` or `[!` belongs to the class. */
function endOfClass(characters: readonly string[], start: number): number {
  const first = start + (characters[start + 1] === "!" ? 2 : 1);
  return characters.indexOf("]", first + 1);
}

function parseClass(characters: readonly string[]): CharClass {
  const negated = characters[0] === "!";
  const members = negated ? characters.slice(1) : characters;
  const ranges: [string, string][] = [];
  for (let i = 0; i < members.length; i++) {
    const from = members[i] ?? "";
    const to = members[i + 1] === "-" ? members[i + 2] : undefined;
    if (to !== undefined) i += 2;
    ranges.push([from, to ?? from]);
  }
  return { negated, ranges };
}

/** `anything` is covered by nothing but `*`. */
function surelyMatches(tokens: readonly GlobToken[], characters: readonly string[]): boolean {
  let token = 0;
  let star = -1;
  let retry = 0;
  for (let i = 0; i < characters.length;) {
    if (tokens[token] === "*") {
      star = token++;
      retry = i;
    } else if (accepts(tokens[token], characters[i] ?? "")) {
      token++;
      i++;
    } else if (star >= 0) {
      // Only the last `*` has to be tried with more: what is before it matches as early as it can.
      token = star + 1;
      i = ++retry;
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === "*");
}

function accepts(token: GlobToken | undefined, character: string): boolean {
  if (token === undefined || character === anything) return false;
  if (typeof token === "string") return token === "?" || token === character;
  return token.negated !== token.ranges.some(([from, to]) => isWithin(character, from, to));
}

function isWithin(character: string, from: string, to: string): boolean {
  const [point, low, high] = [character, from, to].map((each) => each.codePointAt(0) ?? 0);
  return point !== undefined && point >= (low ?? 0) && point <= (high ?? 0);
}

/** Whether some text is one of both patterns: steps through all places in the glob that a part of the text can lead to. */
function mightMatch(tokens: readonly GlobToken[], characters: readonly string[]): boolean {
  let places = overStars(tokens, [true]);
  for (const character of characters) {
    const next: boolean[] = [];
    if (character === anything) {
      for (let i = places.indexOf(true); i <= tokens.length; i++) next[i] = true;
    } else {
      for (let i = 0; i < tokens.length; i++) {
        if (!places[i]) continue;
        if (tokens[i] === "*") next[i] = true;
        else if (accepts(tokens[i], character)) next[i + 1] = true;
      }
    }
    if (!next.includes(true)) return false;
    places = overStars(tokens, next);
  }
  return places[tokens.length] === true;
}

function overStars(tokens: readonly GlobToken[], places: boolean[]): boolean[] {
  for (let i = 0; i < tokens.length; i++) if (places[i] && tokens[i] === "*") places[i + 1] = true;
  return places;
}
