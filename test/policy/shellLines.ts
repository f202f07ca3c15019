import fc from "fast-check";

/** Programs that generated lines name. None has an effect anywhere, least of all the recorders that stand for them. */
export const programNames = ["uptime", "rm", "df", "ls"] as const;

/** Ways to write a word; each gives the same word to a shell. */
export function disguised(word: string): fc.Arbitrary<string> {
  const middle = Math.ceil(word.length / 2);
  const [head, tail] = [word.slice(0, middle), word.slice(middle)];
  return fc.constantFrom(
    word,
    `'${word}'`,
    `"${word}"`,
    `\\${word}`,
    `${head}\\${tail}`,
    `${head}''${tail}`,
    `""${head}"${tail}"`,
    `'${head}'"${tail}"`,
    word.replace(/./g, "\\$&"),
  );
}

const argument = fc.constantFrom(
  "x",
  "-rf",
  "'a b'",
  '"; rm x"',
  "'; rm x'",
  "\\;",
  "\\&\\&",
  '\\"',
  "\\'",
  "'\"'",
  '"\'"',
  "#x",
  "x#y",
  "$X",
  '"$X"',
  "${X:-x}",
  "*",
  "x?",
  "[a]",
  "{x,y}",
  "{}",
  "~",
  "=",
  "a=b",
  "if",
  "done",
  "!",
  "''",
  '"a\\$b\\\\"',
  "\\\\",
  "[",
  "]",
  "%1",
  "x\\\ty",
  "-",
  "--",
  ":",
  "\\{",
  "^",
  "@",
  "x,y",
);
const redirection = fc.constantFrom(
  "2>&1",
  ">/dev/null",
  "2>/dev/null",
  ">&2",
  "1>&2",
  "</dev/null",
  "> /dev/null",
);
const blank = fc.constantFrom(" ", "  ", "\t", " \\\n");
const assignment = fc.constantFrom("X=1", "Y=", "X='a b'", "X=\\;", 'Y="$X"', "X+=1");

/** A simple command with this program, however it is written. */
export function simpleCommand(program: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const before = fc.array(fc.oneof({ weight: 3, arbitrary: assignment }, redirection), {
    maxLength: 1,
  });
  const after = fc.array(fc.oneof({ weight: 5, arbitrary: argument }, redirection), {
    maxLength: 3,
  });
  return fc
    .tuple(before, program.chain(disguised), after, blank)
    .map(([first, name, rest, gap]) => [...first, name, ...rest].join(gap));
}

const separator = fc.constantFrom(
  ...[
    "&&",
    "||",
    ";",
    "|",
    "|&",
    "&",
    "\n",
    " && ",
    " ; ",
    " | ",
    " & ",
    "\n\n",
    " # x\n",
    " &\n",
    " ; \n",
    " &&\n",
  ],
);

/** Puts commands together: chains, groups, loops and conditions. Each is within reach of the shell. */
export function composed(command: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ line: string }>((tie) => ({
    line: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: command },
      {
        weight: 4,
        arbitrary: fc.tuple(tie("line"), separator, tie("line")).map((parts) => parts.join("")),
      },
      fc
        .tuple(tie("line"), fc.constantFrom("", " ;", " &", "\n", " # rm x"))
        .map((parts) => parts.join("")),
      tie("line").map((line) => `(${line}\n)`),
      tie("line").map((line) => `{ ${line}\n}`),
      tie("line").map((line) => `! ${line}`),
      fc.tuple(tie("line"), tie("line")).map(([one, two]) => `if ${one}\nthen ${two}\nfi`),
      fc.tuple(tie("line"), tie("line")).map(([one, two]) => `if ${one}\nthen :; else ${two}\nfi`),
      fc
        .tuple(tie("line"), tie("line"))
        .map(([one, two]) => `until ${one}\ndo ${two}\nbreak; done`),
      tie("line").map((line) => `for i in x "$X"; do ${line}\ndone`),
    ),
  })).line;
}

const pieces = fc.constantFrom(
  ...programNames,
  ...[
    " ",
    " ",
    " ",
    "\t",
    "\n",
    "\\\n",
    ";",
    "&",
    "&&",
    "|",
    "||",
    "|&",
    "(",
    ")",
    "{",
    "}",
    "!",
    "#",
  ],
  ...[
    "'",
    "'",
    '"',
    '"',
    "\\",
    "$",
    "$X",
    "${X}",
    "$'",
    "=",
    "X=1",
    "X+=",
    "~",
    "*",
    "?",
    "[",
    "]",
    "{a,rm}",
  ],
  ...[
    "if ",
    "then ",
    "else ",
    "fi",
    "for ",
    "in ",
    "do ",
    "done",
    "while ",
    ">/dev/null",
    "2>&1",
    "</dev/null",
  ],
  ...[
    ",",
    "-",
    ":",
    "^",
    "%",
    "@",
    "1",
    "2",
    ">&2",
    "always ",
    "x",
    "\\;",
    "$[",
    "${",
    "end ",
    "!;",
    "&!",
  ],
);

/** Text that is hardly ever a command, yet made of what commands are made of. */
export const noise = fc
  .array(pieces, { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join(""))
  // It might go round for ever.
  .filter((line) => !/while[^]*done/.test(line));
