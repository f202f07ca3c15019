import type { CancelReport } from "../tasks/remoteHost";

/** Of a command that never reached its host. */
export const neverRan: CancelReport = {
  neverRan: true,
  mainProcessFound: false,
  processesFound: 0,
  signals: [],
  gone: true,
  left: [],
  mayRemain: [],
};
