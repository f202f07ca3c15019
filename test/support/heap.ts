import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { settle } from "./fakeClock";

/** Bytes of the heap and of buffers that are in use once all that can be forgotten is. */
export async function usedBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await settle();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many objects of a class are still held by something. */
export function countObjects(constructor: new () => object): number {
  return queryObjects(constructor, { format: "count" });
}
