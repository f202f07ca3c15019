import { findProcesses, kill, processTreeCommand, processTreeSize } from "./processes";

/** A way for a command to have processes. MARKER stands for the marker of its `sleep`s, CANARY and HEARTBEAT for files. */
export interface CancelShape {
  readonly name: string;
  /** For /bin/sh, unless `anyShell`. */
  readonly command: string;
  /** How many `sleep`s run at the least before it is cancelled. */
  readonly sleeps: number;
  /** The login shell itself can run it, whichever it is. */
  readonly anyShell?: boolean;
  /** It goes on writing to HEARTBEAT, as its processes are too short to be seen, until there is a HEARTBEAT.stop. */
  readonly beats?: boolean;
  /** A program that it needs and not every host has. */
  readonly needs?: "bash" | "perl" | "setsid";
  /** What is done to it from outside before the cancel. */
  readonly before?: (marker: string) => void;
}

/** Seconds until a shape's canary would be written, well after its cancel. */
export const canarySeconds = 8;
/** In which the scripts that waited for a process are gone too: less than a canary that got away needs to go by itself. */
export const unmentionedMs = 4000;

const canary = `sh -c 'sleep ${canarySeconds} && : >CANARY'`;

/** Closes every descriptor, clears the environment and leaves the session, as a daemon(7) of the old kind does. */
const daemon = [
  "perl -e 'use POSIX ();",
  "fork and exit; POSIX::setsid(); fork and exit; %ENV = (); chdir q(/);",
  "POSIX::close($_) for 0 .. 255;",
  'exec "/bin/sh", "-c", "sleep MARKER.1 & CANARY_COMMAND; exit"\'',
].join(" ");

/** Goes on in a new process every 20 ms, each an orphan and deaf to TERM. */
const chain = (next: string): string => {
  const hop = `: MARKER; trap "" TERM; [ -e HEARTBEAT.stop ] && exit; echo >>HEARTBEAT || exit; sleep 0.02; (${next} sh -c "$hop" &); exit`;
  return `hop='${hop}'; export hop; (sh -c "$hop" &); ${canary} & sleep MARKER.1; exit`;
};

/** Every shape that a cancel has to end. */
export const cancelShapes: readonly CancelShape[] = [
  { name: "a plain command", command: "sleep MARKER.1", sleeps: 1, anyShell: true },
  {
    name: "two in the background and a wait",
    command: `${canary} & sleep MARKER.1 & sleep MARKER.2 & wait`,
    sleeps: 2,
    anyShell: true,
  },
  { name: "a pipeline", command: "sleep MARKER.1 | sleep MARKER.2", sleeps: 2, anyShell: true },
  {
    name: "traps for INT and TERM",
    command: `trap 'echo no' INT TERM; ${canary} & sleep MARKER.1 & while :; do sleep MARKER.2; done`,
    sleeps: 2,
  },
  {
    name: "nohup",
    // Not every BusyBox has one.
    command: `command -v nohup >/dev/null || nohup() { trap '' HUP; exec "$@"; }; nohup sleep MARKER.1 & nohup ${canary} & sleep MARKER.2; exit`,
    sleeps: 2,
  },
  {
    name: "a session of its own",
    command: `setsid sleep MARKER.1 & setsid ${canary} & sleep MARKER.2; exit`,
    sleeps: 2,
    needs: "setsid",
  },
  {
    name: "a double fork",
    command: `(sleep MARKER.1 &); (${canary} &); sleep MARKER.2; exit`,
    sleeps: 2,
  },
  {
    name: "an interactive bash",
    command: `bash -i -c "${canary} & sleep MARKER.1 & sleep MARKER.2; exit"`,
    sleeps: 2,
    needs: "bash",
  },
  {
    name: "a cleared environment in a session of its own, its parent alive",
    command: `env -i setsid sleep MARKER.1 & env -i setsid ${canary} & sleep MARKER.2; exit`,
    sleeps: 2,
    needs: "setsid",
  },
  {
    name: "an orphan with a cleared environment in a session of its own",
    command: `(env -i setsid sleep MARKER.1 &); (env -i setsid ${canary} &); sleep MARKER.2; exit`,
    sleeps: 2,
    needs: "setsid",
  },
  {
    name: "an orphan without descriptor, environment and session",
    command: `(env -i setsid sh -c '(sleep MARKER.1 &)' 8>&-); sleep MARKER.2; exit`,
    sleeps: 2,
    needs: "setsid",
  },
  {
    name: "a daemon without descriptors, environment and session",
    command: `${daemon.replace("CANARY_COMMAND", `sleep ${canarySeconds} && : >CANARY`)}; sleep MARKER.2; exit`,
    sleeps: 2,
    needs: "perl",
  },
  {
    name: "stopped processes",
    command: `(sleep MARKER.1 &); ${canary} & sleep MARKER.2; exit`,
    sleeps: 2,
    before: (marker) => {
      for (const { pid } of findProcesses(marker)) kill(pid, "SIGSTOP");
    },
  },
  {
    name: "a tree that ignores TERM",
    command: `${canary} & ${processTreeCommand("MARKER", { ignoreTerm: true })}`,
    sleeps: processTreeSize,
    needs: "setsid",
  },
  {
    name: "a respawner that ignores TERM",
    // Bounded, for the machine's sake should it survive.
    command: `trap '' TERM; ${canary} & i=0; while [ $i -lt 500 ]; do (setsid sleep MARKER.1 &); sleep 0.02; i=$((i + 1)); done`,
    sleeps: 3,
    needs: "setsid",
  },
  {
    name: "a chain of processes that never stay",
    command: chain("setsid"),
    beats: true,
    sleeps: 1,
    needs: "setsid",
  },
  {
    name: "such a chain that clears its environment",
    command: chain('env -i hop="$hop" setsid'),
    beats: true,
    sleeps: 1,
    needs: "setsid",
  },
];

/** The text of a shape, with what MARKER, CANARY and HEARTBEAT stand for. */
export function fillShape(
  { command }: CancelShape,
  { marker, canary, heartbeat }: Record<"marker" | "canary" | "heartbeat", string>,
): string {
  return command
    .replaceAll("MARKER", marker)
    .replaceAll("CANARY", canary)
    .replaceAll("HEARTBEAT", heartbeat);
}

/** The shapes that escape a careless cancel, for the tests that can't run all. */
export const hardShapes: readonly CancelShape[] = cancelShapes.filter(({ name }) =>
  /^(an orphan with|a daemon|a tree that|a respawner|a chain|such a chain)/.test(name),
);

/**
 * A child of root, whom an ordinary user may not signal, nor look into for a mark. BECOME_ROOT stands for the path of a
 * setpriv that anybody of the test may run as root: one that only is setuid keeps the user's own id beside root's.
 */
const asRoot = "BECOME_ROOT --reuid 0 --clear-groups";

/** The shapes that have a process of another user, MARKER.1. */
export const foreignShapes: readonly CancelShape[] = [
  {
    name: "a child of another user",
    command: `${asRoot} sleep MARKER.1 & sleep MARKER.2; exit`,
    sleeps: 2,
  },
  {
    name: "a child of another user that closed what it inherited, as those of sudo do",
    command: `${asRoot} sleep MARKER.1 8>&- & sleep MARKER.2; exit`,
    sleeps: 2,
  },
  {
    name: "a child of another user in a session of its own, its parent alive",
    command: `setsid ${asRoot} sleep MARKER.1 8>&- & sleep MARKER.2; exit`,
    sleeps: 2,
    needs: "setsid",
  },
  {
    name: "an orphan of another user in a session of its own",
    command: `(setsid ${asRoot} sleep MARKER.1 8>&- &); sleep MARKER.2; exit`,
    sleeps: 2,
    needs: "setsid",
  },
];
