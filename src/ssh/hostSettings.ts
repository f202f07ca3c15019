import { isIP } from "node:net";
import { checkAlias, checkTag } from "../tasks/taskRequest";
import { visible } from "../tasks/visibleText";
import { parseJump } from "./jumpHosts";

/** A host of the setting `sshTasks.hosts`. */
export interface HostSetting {
  readonly alias: string;
  readonly tags: readonly string[];
  readonly description: string;
  /** What it says of the way there, each `Name=value` (ssh(1), -o). */
  readonly sshOptions: readonly string[];
}

/** An entry that can't be used, and why. */
export interface HostFault {
  /** Undefined where the entry has none that could be used, or another entry has the same. */
  readonly alias: string | undefined;
  /** Names the entry and the field, without a full stop. */
  readonly message: string;
}

export interface HostSettings {
  readonly hosts: ReadonlyMap<string, HostSetting>;
  readonly faults: readonly HostFault[];
}

/** Characters of a description. */
const maxDescription = 500;

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
/** Also `DOMAIN\name`, `name@domain` and names that end in `$`; nothing that a shell or ssh_config(5) takes for more. */
const userPattern = /^[\p{L}\p{N}_.](?:[\p{L}\p{N}_.@+$-]|\\(?=[\p{L}\p{N}_.]))*$/u;

/** Gives for a field that is there its option, or undefined for one that says nothing of the way. @throws Error with what is wrong */
type ReadField = (value: unknown) => string | undefined;

const fields: Readonly<Record<string, ReadField>> = {
  alias: () => undefined,
  host: (value) => {
    if (typeof value !== "string" || !isHost(value))
      throw new Error("must be a host name or an IP address");
    return `HostName=${value.replaceAll("%", "%%")}`; // the zone of an address is no token
  },
  port: (value) => {
    if (Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536)
      return `Port=${Number(value)}`;
    throw new Error("must be a whole number from 1 to 65535");
  },
  user: (value) => `User=${text(value, userPattern, "a user name")}`,
  identityFile: (value) => {
    const path = text(
      value,
      /^[^-"\x00-\x1f\x7f][^"\x00-\x1f\x7f]*(?<!\\)$/,
      "a path of a file, without quotes",
    );
    return `IdentityFile="${path}"`;
  },
  jump: (value) => `ProxyJump=${jumpText(value)}`,
  tags: (value) => {
    if (!Array.isArray(value)) throw new Error("must be a list of tags");
    for (const tag of value) checkTag(typeof tag === "string" ? tag : "");
    return undefined;
  },
  description: (value) => {
    if (typeof value === "string" && value.length <= maxDescription && visible(value) === value)
      return undefined;
    throw new Error(`must be one line of at most ${maxDescription} characters`);
  },
};

/** Checks the setting entry by entry; those without a fault count. */
export function readHostSettings(value: unknown): HostSettings {
  const hosts = new Map<string, HostSetting>();
  const faults: HostFault[] = [];
  if (value !== undefined && !Array.isArray(value)) {
    faults.push({ alias: undefined, message: "sshTasks.hosts must be a list" });
  }
  for (const [index, entry] of (Array.isArray(value) ? (value as unknown[]) : []).entries()) {
    const alias = usableAlias(entry);
    const label = `entry ${index + 1} of sshTasks.hosts${alias === undefined ? "" : ` (${alias})`}`;
    const known = alias !== undefined && hosts.has(alias);
    const fault = known ? "alias is that of an entry before it" : whyUnusable(entry, alias);
    if (fault !== undefined)
      faults.push({ alias: known ? undefined : alias, message: `${label}: ${fault}` });
    else if (alias !== undefined) hosts.set(alias, toSetting(alias, entry as object));
  }
  return { hosts, faults };
}

/** Whether task ids and tool arguments can carry the alias, and ssh takes it for no option. */
export function isUsableAlias(alias: string): boolean {
  try {
    return checkAlias(alias) === alias && !alias.startsWith("-");
  } catch {
    return false; // checkAlias throws exactly when the alias is not usable
  }
}

function usableAlias(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || !("alias" in entry)) return undefined;
  const { alias } = entry;
  return typeof alias === "string" && isUsableAlias(alias) ? alias : undefined;
}

function whyUnusable(entry: unknown, alias: string | undefined): string | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry))
    return "must be an object";
  if (alias === undefined) {
    return "alias must be a name of letters, digits, dots, dashes and underscores, without a dash in front";
  }
  if (!("host" in entry)) return "host is missing";
  for (const [field, value] of Object.entries(entry)) {
    const read = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (!read) return `there is no field ${visible(field).slice(0, 50)}`;
    try {
      read(value);
    } catch (error) {
      return `${field} ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

/** Of an entry that has no fault. */
function toSetting(alias: string, entry: object): HostSetting {
  const given = new Map<string, unknown>(Object.entries(entry));
  const sshOptions = Object.entries(fields).flatMap(([field, read]) =>
    given.has(field) ? (read(given.get(field)) ?? []) : [],
  );
  const { tags = [], description = "" } = entry as {
    tags?: readonly string[];
    description?: string;
  };
  return { alias, tags: tags.map(checkTag), description, sshOptions };
}

function text(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value === "string" && value.length <= 1000 && pattern.test(value)) return value;
  throw new Error(`must be ${what}`);
}

function isHost(value: string): boolean {
  return value.length <= 255 && (isIP(value) !== 0 || namePattern.test(value));
}

/** `none`, or hosts with commas; each `[user@]host[:port]` of the same characters as those fields. */
function jumpText(value: unknown): string {
  const jumps = text(value, /^[^\s/%]+$/, "none, or hosts with commas");
  if (jumps === "none") return jumps;
  for (const jump of jumps.split(",")) {
    if (!isJump(jump))
      throw new Error("must be none, or hosts with commas, each [user@]host[:port]");
  }
  return jumps;
}

function isJump(jump: string): boolean {
  try {
    const { alias, user = "x", port = 22 } = parseJump(jump);
    return isHost(alias) && userPattern.test(user) && port > 0 && port < 65_536;
  } catch {
    return false; // parseJump throws exactly when it is none
  }
}
