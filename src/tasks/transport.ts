/** What connections are made with: the client that is built in, the system's ssh, or the first unless only ssh gets in. */
export const transports = ["auto", "ssh2", "ssh"] as const;
export type Transport = (typeof transports)[number];

/** What a person has set; "auto" for what is none of them. */
export function asTransport(value: unknown): Transport {
  return transports.find((transport) => transport === value) ?? "auto";
}
