import type { OutputSnapshot, StreamSnapshot } from "../tasks/taskStore";
import { count, flag, list, object, wrong } from "./checks";
import { taskId } from "./taskRecord";

/** Far more than the header of any output that is kept in memory, which has at most some thousand runs. */
const maxHeaderBytes = 1024 * 1024;
const newline = 0x0a;

interface RunHeader {
  readonly from: number;
  readonly length: number;
}

interface StreamHeader extends Omit<StreamSnapshot, "runs"> {
  readonly runs: readonly RunHeader[];
}

interface OutputHeader {
  readonly id: string;
  readonly ended: boolean;
  readonly stdout: StreamHeader;
  readonly stderr: StreamHeader;
}

/** As the bytes that `parseOutput` reads: a line of JSON, then the bytes of all runs of stdout, then of stderr. */
export function formatOutput(id: string, { ended, stdout, stderr }: OutputSnapshot): Buffer {
  const header = { id, ended, stdout: headerOf(stdout), stderr: headerOf(stderr) };
  const runs = [...stdout.runs, ...stderr.runs].map(({ bytes }) => bytes);
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...runs]);
}

/** @returns the output of that task; its runs share the memory of `file`. @throws Error that says what is wrong. */
export function parseOutput(id: string, file: Buffer): OutputSnapshot {
  const end = file.subarray(0, maxHeaderBytes).indexOf(newline);
  if (end < 0) throw wrong("output", "begun by a header");
  const header = checkHeader(JSON.parse(file.toString("utf8", 0, end)), "output");
  if (header.id !== id) throw wrong("output.id", "that of its task");
  const { ended } = header;
  const stdout = readStream(header.stdout, file, end + 1);
  const stderr = readStream(header.stderr, file, stdout.end);
  if (stderr.end !== file.length) throw wrong("output", "as long as its header says");
  return { ended, stdout: stdout.snapshot, stderr: stderr.snapshot };
}

function headerOf({ runs, ...counts }: StreamSnapshot): StreamHeader {
  return { ...counts, runs: runs.map(({ from, bytes }) => ({ from, length: bytes.length })) };
}

const checkStream = object<StreamHeader>({
  size: count,
  newlines: count,
  trailingNewlines: count,
  runs: list(object<RunHeader>({ from: count, length: count }), 10_000),
});

const checkHeader = object<OutputHeader>({
  id: taskId,
  ended: flag,
  stdout: checkStream,
  stderr: checkStream,
});

function readStream(
  { runs: headers, ...counts }: StreamHeader,
  file: Buffer,
  start: number,
): { snapshot: StreamSnapshot; end: number } {
  if (counts.newlines > counts.size || counts.trailingNewlines > counts.newlines)
    throw wrong("output", "of lines that fit into its size");
  const runs: { from: number; bytes: Buffer }[] = [];
  let at = start;
  let last = 0;
  for (const { from, length } of headers) {
    if (length === 0 || from < last || from + length > counts.size || at + length > file.length)
      throw wrong("output", "of runs in their order, within its size and its file");
    runs.push({ from, bytes: file.subarray(at, at + length) });
    at += length;
    last = from + length;
  }
  return { snapshot: { ...counts, runs }, end: at };
}
