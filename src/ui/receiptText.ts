import { describeMayRemain, type CancelReceipt } from "../tasks/cancelReceipt";
import type { SentSignal } from "../tasks/remoteHost";
import { describeDoor, visible } from "./taskText";

/** One line of a receipt. */
export interface ReceiptLine {
  readonly label: string;
  readonly text: string;
}

/** Left processes that are listed one by one. */
const maxLeft = 10;

/** A receipt line by line, the same in the tree and the panel; what came from a host has no hidden characters. */
export function receiptLines(receipt: CancelReceipt): ReceiptLine[] {
  const { processesFound, left, mayRemain } = receipt;
  const signals = describeSignals(receipt);
  const lines = [
    { label: "Asked for", text: describeRequest(receipt) },
    { label: "Found", text: processesFound === 1 ? "1 process" : `${processesFound} processes` },
    ...(signals === "" ? [] : [{ label: "Signals", text: signals }]),
    describeVerdict(receipt),
    ...left.slice(0, maxLeft).map(({ pid, user, command }) => ({
      label: "Left",
      text: `${pid} ${user} ${command}`,
    })),
    ...(left.length > maxLeft ? [{ label: "Left", text: `${left.length - maxLeft} more` }] : []),
    ...(mayRemain.length > 0 ? [{ label: "Unseen", text: describeMayRemain(mayRemain) }] : []),
  ];
  return lines.map(({ label, text }) => ({ label, text: visible(text).trim() }));
}

function describeRequest({ requestedBy, reason, requestedAt }: CancelReceipt): string {
  const by = `by ${describeDoor(requestedBy)} at ${timeOfDay(requestedAt)}`;
  return reason === "" || reason === "requested by the user" ? by : `${by}: ${reason}`;
}

/** Each signal once, in the order first sent; a ladder sends STOP and KILL until nothing is left. */
function describeSignals({ signals, requestedAt }: CancelReceipt): string {
  const byName = new Map<SentSignal["signal"], SentSignal[]>();
  for (const sent of signals) byName.set(sent.signal, [...(byName.get(sent.signal) ?? []), sent]);
  const words = [...byName].map(([name, sent]) => {
    const most = Math.max(...sent.map(({ count }) => count));
    const after = seconds(Math.min(...sent.map(({ at }) => at)) - requestedAt);
    return `${name} to ${most} after ${after}${sent.length > 1 ? ` (${sent.length} times)` : ""}`;
  });
  return words.join(", ");
}

function describeVerdict(receipt: CancelReceipt): ReceiptLine {
  const { verified, goneAt, durationMs, unverifiedBecause, left } = receipt;
  if (verified && goneAt !== undefined) {
    const text = `nothing left at ${timeOfDay(goneAt)}, ${seconds(durationMs)} after the request`;
    return { label: "Verified", text };
  }
  const fallback = left.length > 0 ? "some could not be ended" : "The host gave no answer.";
  return { label: "Not verified", text: unverifiedBecause ?? fallback };
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString();
}
