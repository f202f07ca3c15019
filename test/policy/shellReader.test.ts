import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { anything } from "../../src/policy/glob";
import { readShellCommand } from "../../src/policy/shellReader";

/** The simple commands, as words joined by `|`, an expansion shown as `…`; else why there are none. */
function read(source: string): string[] | string {
  const reading = readShellCommand(source);
  if (reading.kind === "unreadable") return reading.why;
  return reading.commands.map(({ assignments, words }) =>
    [...assignments, ...words].join("|").replaceAll(anything, "…"),
  );
}

const readable: Readonly<Record<string, readonly string[]>> = {
  uptime: ["uptime"],
  "  df -h\t/  ": ["df|-h|/"],
  "a && b || c ; d | e |& f & g": ["a", "b", "c", "d", "e", "f", "g"],
  "a&&b||c;d|e|&f&g": ["a", "b", "c", "d", "e", "f", "g"],
  "a\nb\n\nc\n": ["a", "b", "c"],
  "a &\nb;": ["a", "b"],
  "a &&\n\n b": ["a", "b"],
  "a \\\n  -b": ["a|-b"],
  "\\\na": ["a"],
  'a \\" ; b \\"': ['a|"', 'b|"'],
  "echo 'a; b' \"c && d\" e\\;f": ["echo|a; b|c && d|e;f"],
  "echo 'it'\\''s'": ["echo|it's"],
  "r\"m\" '-r'f \\/": ["rm|-rf|/"],
  '"r\\m"': ["r\\m"],
  'echo "a\\"b" "c\\\\"': ['echo|a"b|c\\'],
  "echo a#b # c; d": ["echo|a#b"],
  "# only this\na": ["a"],
  "a ;# b\nc": ["a", "c"],
  "X=1 Y+=2 a Z=3": ["X=1|Y+=2|a|Z=3"],
  "X=1": ["X=1"],
  "a 2>&1 >/dev/null": ["a"],
  "2>/dev/null a </dev/null b >> /dev/null": ["a|b"],
  "a>&2": ["a"],
  "a 1>&2|b": ["a", "b"],
  "echo \\2>/dev/null": ["echo|2"],
  "( a; b ) | c": ["a", "b", "c"],
  "(a)": ["a"],
  "{ a; b; } >/dev/null && c": ["a", "b", "c"],
  "! a": ["a"],
  "if a; then b; elif c; then d; else e; fi": ["a", "b", "c", "d", "e"],
  "while a; do b; done | c": ["a", "b", "c"],
  "until a\ndo\n b\ndone": ["a", "b"],
  "for i in 1 2 $X; do a $i; done; b": ["a|…", "b"],
  "echo if then do": ["echo|if|then|do"],
  "set -eu -o pipefail; a": ["set|-eu|-o|pipefail", "a"],
  "[ -f x ] && a": ["[|-f|x|]", "a"],
  "find . -name {} -print": ["find|.|-name|{}|-print"],
  "echo $X ${X} ${X:-a} $1 $? $$": ["echo|…|…|…|…|…|…"],
  'echo a$X"b c" "d $Y e"': ["echo|a…|d …"],
  "ls *.log a?c [ab] ~/x a{b,c}": ["ls|…|a…|…|…|a…"],
  "echo a~b x=~ =ls a==b": ["echo|a…|x=…|…|a=…"],
  "echo '$X' '*' \\* \\$X \"*\"": ["echo|$X|*|*|$X|*"],
  "echo $\"a\" $'b c' d": ["echo|…|…|d"],
  "echo ''": ["echo|"],
  "echo '`x` $(y)'": ["echo|`x` $(y)"],
};

const unreadable: readonly (readonly [string, RegExp])[] = [
  ["", /no command/],
  ["  # nothing", /no command/],
  ["a 'b", /' is never closed/],
  ['a "b', /" is never closed/],
  ['a "b\\"', /" is never closed/],
  ["a \\", /ends with a backslash/],
  ["a\\\nb", /end of a line/],
  ['a "b\\\nc"', /end of a line/],
  ["a &&\\\nb", /end of a line/],
  ["a &\\\n& b", /end of a line/],
  ["a $(b)", /Command substitution/],
  ["a `b`", /Command substitution/],
  ['a "$(b)"', /Command substitution/],
  ['a "`b`"', /Command substitution/],
  ["X=$(b)", /Command substitution/],
  ["a ${X:-$(b)}", /parameter expansions/],
  ["a ${X:-'b'}", /parameter expansions/],
  ["a ${!X}", /parameter expansions/],
  ["a ${X@P}", /parameter expansions/],
  ["a ${ b; }", /parameter expansions/],
  ['a "${X:-"b"}"', /parameter expansions/],
  ["a $((1))", /Arithmetic/],
  ["a $[1]", /Arithmetic/],
  ["((a))", /Arithmetic/],
  ["a $'b\\'c'", /Shells differ about \$'/],
  ["a $'b", /Shells differ about \$'/],
  ["a > f", /Redirections/],
  ["a >> f", /Redirections/],
  ["a < f", /Redirections/],
  ["a >| f", /Redirections/],
  ["a <> f", /Redirections/],
  ["a >/dev/null/x", /Redirections/],
  ["a >/dev/nullx", /Redirections/],
  ["a > /dev/null$X", /Redirections/],
  ["a 2>&3", /Redirections/],
  ["a >&f", /Redirections/],
  ["a >&2x", /Redirections/],
  ["a 12>/dev/null", /Redirections/],
  ["a 3>&1", /Redirections/],
  ["a &>/dev/null", /&>/],
  ["a &!rm x", /zsh reads &!/],
  ["a &| rm x", /zsh reads &!/],
  ["a << E\nb\nE", /Here-documents/],
  ["a <<< b", /Here-strings/],
  ["a <(b)", /Process substitution/],
  ["a >(b)", /Process substitution/],
  ["case a in a) b;; esac", /`?case`?/],
  ["a ;; b", /`case`/],
  ["f() { a; }", /functions/],
  ["f () { a; }", /\( stands among words/],
  ["function f { a; }", /begins with function/],
  ["select x in a; do b; done", /begins with select/],
  ["coproc a", /begins with coproc/],
  ["[[ a ]]", /begins with \[\[/],
  ["time a", /begins with time/],
  ["repeat 2 a", /begins with repeat/],
  ["noglob a", /begins with noglob/],
  ["- a", /begins with -/],
  ["alias a=b", /changes how the shell reads/],
  ["'setopt' rcquotes", /changes how the shell reads/],
  ["X=1 shopt -s extglob", /changes how the shell reads/],
  ["set -k", /changes how the shell reads/],
  ["set -o rcquotes", /changes how the shell reads/],
  ["set -$X", /changes how the shell reads/],
  ["X=1 if a", /begins with if/],
  ["X=(a b)", /\( right behind/],
  ["a @(b|c)", /\( right behind/],
  ["$X", /named by an expansion/],
  ["r$X", /named by an expansion/],
  ["X=1 $Y", /named by an expansion/],
  ["{rm,x}", /named by an expansion/],
  ["~/x", /named by an expansion/],
  ["/bin/r?", /named by an expansion/],
  ["=rm", /named by an expansion/],
  ["if $X; then a; fi", /named by an expansion/],
  ["'' a", /name is empty/],
  [">/dev/null", /stands alone/],
  ["X=1 >/dev/null", /stands alone/],
  ["; a", /no command before ;/],
  ["a ; ; b", /no command before ;/],
  ["a && && b", /no command before &&/],
  ["a &&", /breaks off/],
  ["a |", /breaks off/],
  ["!", /breaks off/],
  ["()", /no command before \)/],
  ["(a", /There is no \)/],
  ["a)", /\) closes nothing/],
  ["{ a; ", /There is no }/],
  ["{ a }", /lone }/],
  ["a {", /lone {/],
  ["if a; then b", /There is no fi/],
  ["if a; then b; done", /done closes nothing/],
  ["if a; then fi", /no command before fi/],
  ["(a) b", /group ends before a word/],
  ["(a) (b)", /behind a group/],
  ["(a) { b; }", /behind a group/],
  ["{ a; } always { b; }", /group ends before a word/],
  ["for ((;;)); do a; done", /Arithmetic/],
  ["for i; do a; done", /Of `for`/],
  ["for i in a; b", /There is no done/],
  ["for i in a & b", /Of `for`/],
  ["for $X in a; do b; done", /Of `for`/],
  ["for PATH in /x; do a; done", /Of `for`/],
  ["for path in /x; do a; done", /Of `for`/],
  ["a $X[PATH=1]", /subscripts/],
  ['a "$X[PATH=1]"', /subscripts/],
  ["a $#[X]", /subscripts/],
  ["a {PATH}>/dev/null", /sets a variable/],
  ["for i in a } ; do b; done", /lone }/],
  ["a\0b", /control characters/],
  ["a\rb", /control characters/],
  ["a '\x1b'", /control characters/],
];

describe("the shell reader", () => {
  for (const [source, commands] of Object.entries(readable)) {
    it(`reads ${JSON.stringify(source)}`, () => assert.deepEqual(read(source), commands));
  }

  for (const [source, why] of unreadable) {
    it(`does not read ${JSON.stringify(source)}, and says what to send instead`, () => {
      const answer = read(source);

      assert.equal(typeof answer, "string", `it was read as ${JSON.stringify(answer)}`);
      assert.match(String(answer), why);
      assert.match(String(answer), /\b(Send|Write|Add|Remove|Put|Quote|Run|Close|Run)\b/);
    });
  }

  it("gives each part as it was written, without keywords and separators", () => {
    const reading = readShellCommand("if  df -h 2>&1 ; then 'a'  b& fi");

    assert.ok(reading.kind === "read");
    assert.deepEqual(
      reading.commands.map(({ raw }) => raw),
      ["df -h 2>&1", "'a'  b"],
    );
  });

  it("reads at most 500 commands", () => {
    assert.equal(read("a;".repeat(500)).length, 500);
    assert.match(String(read("a;".repeat(501))), /more than 500 commands. Send them/);
  });

  it("reads ten thousand characters of anything within a second", () => {
    for (const piece of [
      "a;",
      "(",
      "{ ",
      "if ",
      "$X",
      '"',
      "'a'",
      "\\\n",
      " \\\n",
      "a=",
      "[",
      "{",
      "# ",
      "<",
    ]) {
      const started = performance.now();

      readShellCommand(piece.repeat(10_000 / piece.length));

      assert.ok(performance.now() - started < 1_000, piece);
    }
  });
});
