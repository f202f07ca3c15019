import type { HostProcess } from "../tasks/remoteHost";

/** A process and how many of its ancestors are listed above it. */
export interface TreeProcess {
  readonly process: HostProcess;
  readonly depth: number;
}

/** Every process once, children below their parents; a host that lists parents in a circle changes nothing about that. */
export function processTree(processes: readonly HostProcess[]): TreeProcess[] {
  const waiting = new Map(processes.map((process) => [process.pid, process]));
  const childrenOf = new Map<number, HostProcess[]>();
  for (const process of waiting.values()) {
    childrenOf.set(process.parent, [...(childrenOf.get(process.parent) ?? []), process]);
  }
  const tree: TreeProcess[] = [];
  const addFrom = (root: HostProcess): void => {
    const stack: TreeProcess[] = [{ process: root, depth: 0 }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { process, depth } = next;
      if (!waiting.delete(process.pid)) continue;
      tree.push(next);
      const children = [...(childrenOf.get(process.pid) ?? [])].reverse();
      stack.push(...children.map((child) => ({ process: child, depth: depth + 1 })));
    }
  };
  const pids = new Set(waiting.keys());
  for (const process of processes) if (!pids.has(process.parent)) addFrom(process);
  for (const process of processes) if (waiting.has(process.pid)) addFrom(process);
  return tree;
}
