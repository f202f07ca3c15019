/** Takes what a file holds for what it should be; throws a sentence that begins with `path` when it isn't. */
export type Check<T> = (value: unknown, path: string) => T;

/** One check for each field, so that a field that is added to a type is not forgotten here. */
export type Checks<T> = { readonly [K in keyof T]-?: Check<T[K]> };

/** @returns an object of those fields only; optional ones that are absent stay absent. */
export function object<T extends object>(checks: Checks<T>): Check<T> {
  return (value, path) => {
    const given = fieldsOf(value, path);
    const fields = Object.entries<Check<unknown>>(checks).map(
      ([name, check]) => [name, check(given.get(name), `${path}.${name}`)] as const,
    );
    return Object.fromEntries(fields.filter(([, field]) => field !== undefined)) as T;
  };
}

/** The fields that an object has itself, as a map: no name can be mistaken for one of Object's own. */
export function fieldsOf(value: unknown, path: string): Map<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(path, "an object");
  return new Map<string, unknown>(Object.entries(value));
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, path) => (value === undefined ? undefined : check(value, path));
}

export function list<T>(check: Check<T>, maxLength = 100_000): Check<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > maxLength)
      throw wrong(path, `a list of at most ${maxLength}`);
    return value.map((item, index) => check(item, `${path}[${index}]`));
  };
}

export function oneOf<const T>(...values: readonly T[]): Check<T> {
  return (value, path) => {
    for (const allowed of values) if (allowed === value) return allowed;
    throw wrong(path, `one of ${values.map(String).join(", ")}`);
  };
}

export const text: Check<string> = (value, path) => {
  if (typeof value !== "string") throw wrong(path, "text");
  return value;
};

export const flag: Check<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw wrong(path, "true or false");
  return value;
};

/** A finite number, 0 or more: times and durations. */
export const amount: Check<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw wrong(path, "a number from 0 on");
  return value;
};

export const integer: Check<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrong(path, "an integer");
  return value;
};

/** An integer, 0 or more: sizes, offsets and counts. */
export const count: Check<number> = (value, path) => {
  if (integer(value, path) < 0) throw wrong(path, "0 or more");
  return integer(value, path);
};

/** Says what is wrong, and never what was there: that may be of the user's commands. */
export function wrong(path: string, expected: string): Error {
  return new Error(`${path} is not ${expected}`);
}
