/** Gives the name that `word` was probably meant to be; undefined when none is near. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  if (word.length > 100) return undefined;
  const [nearest] = names
    .map((name) => ({ name, edits: countEdits(word.toLowerCase(), name) }))
    .sort((one, other) => one.edits - other.edits);
  if (nearest === undefined) return undefined;
  return nearest.edits <= Math.max(2, nearest.name.length / 3) ? nearest.name : undefined;
}

/** The Levenshtein distance. */
function countEdits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(previous, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1));
    }
    previous = current;
  }
  return at(previous, to.length);
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Infinity;
}
