// One Lambda of the benchmark, in a process of its own: loads the bundle beside its settings, calls it, and sends what it took to
// the parent. Arguments: the bundle, how many different tokens, how many rounds over them.
import { eventOf, invocation, tokenOf } from "./authorizer-gate.ts";

type Handler = (event: unknown, context: unknown) => Promise<object>;

const [bundle = "", distinct = "0", rounds = "0"] = process.argv.slice(2);
// As Lambda's own runtime has done before it loads a function.
process.getBuiltinModule("node:http");
const before = process.memoryUsage().rss;
const started = performance.now();
const module = (await import(bundle)) as { handler?: Handler };
const init = performance.now() - started;

const samples: number[][] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const times: number[] = [];
  for (let index = 0; index < Number(distinct); index += 1) {
    const event = eventOf(tokenOf(index));
    const begun = performance.now();
    const result = await module.handler?.(event, invocation);
    times.push((performance.now() - begun) * 1000);
    if (!result || !("policyDocument" in result)) throw new Error("refused");
  }
  samples.push(times);
}
process.send?.({
  init,
  samples,
  // Bytes on top of what Node had before the bundle.
  memory: process.memoryUsage().rss - before,
});
