/** What becomes of an agent's command where no policy decides. */
export type HostConsent = "ask" | "allow" | "deny";

/** The person's choice by alias, `*` standing for all others. What is no choice is `ask`. */
export function consentFor(setting: unknown, alias: string): HostConsent {
  if (typeof setting !== "object" || setting === null) return "ask";
  const choices = new Map<string, unknown>(Object.entries(setting));
  const choice = choices.get(alias) ?? choices.get("*");
  return choice === "allow" || choice === "deny" ? choice : "ask";
}
