// Loaded before every test file: gives each test that names no timeout of its own, nor lies in a suite that does, a bound.
// Node 20 has no flag for that; the timeout of run() is for a whole file.
import { AsyncLocalStorage } from "node:async_hooks";
import nodeTest from "node:test";

const defaultTimeoutMs = Number(process.env.SSH_TASKS_TEST_TIMEOUT_MS);
const insideBoundSuite = new AsyncLocalStorage();

for (const name of ["test", "it"]) nodeTest[name] = withVariants(nodeTest[name], bounded);
for (const name of ["describe", "suite"])
  nodeTest[name] = withVariants(nodeTest[name], remembering);

function withVariants(original, adjust) {
  const wrapped = (...args) => original(...adjust(args));
  wrapped.only = (...args) => original.only(...adjust(args));
  wrapped.skip = original.skip;
  wrapped.todo = original.todo;
  return wrapped;
}

function bounded(args) {
  const at = args.findIndex(isOptions);
  const timeout = insideBoundSuite.getStore() ? undefined : defaultTimeoutMs;
  if (at >= 0) return args.with(at, { ...args[at], timeout: args[at].timeout ?? timeout });
  return [
    ...args.filter((arg) => typeof arg === "string"),
    { timeout },
    ...args.filter((arg) => typeof arg === "function"),
  ];
}

function remembering(args) {
  if (args.find(isOptions)?.timeout === undefined) return args;
  return args.map((arg) =>
    typeof arg === "function" ? (...given) => insideBoundSuite.run(true, arg, ...given) : arg,
  );
}

function isOptions(arg) {
  return typeof arg === "object" && arg !== null;
}
