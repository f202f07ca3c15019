import type { HostKeyQuestion, SecretQuestion, SignInPrompt } from "../../src/tasks/signInPrompt";

/** A person who answers as the test says, and remembers what they were asked. */
export interface Person {
  readonly prompt: SignInPrompt;
  readonly asked: SecretQuestion[];
  readonly keys: HostKeyQuestion[];
}

export function createPerson(
  answer: (question: SecretQuestion) => string | undefined | Promise<string | undefined>,
  trust?: "always" | "once",
  announce?: (alias: string) => Promise<boolean>,
): Person {
  const asked: SecretQuestion[] = [];
  const keys: HostKeyQuestion[] = [];
  const prompt: SignInPrompt = {
    isPerson: true,
    askSecret: async (question) => {
      asked.push(question);
      return answer(question);
    },
    trustHostKey: (question) => {
      keys.push(question);
      return Promise.resolve(trust);
    },
    ...(announce && { announce }),
  };
  return { prompt, asked, keys };
}
