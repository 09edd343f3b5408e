import { logText } from "../../../src/action/host.ts";

/** How the runner finds a command in a line: its newer form at the start, its older one anywhere. */
const isCommand = (line: string): boolean =>
  /^[\s\u0085]*::[a-z-]+[^:]*::/.test(line) || line.includes("##[");

/** As .NET reads lines. */
const commandsIn = (text: string): string[] =>
  text.split(/\r\n|\r|\n/).filter(isCommand);

test.each([
  "::set-output name=plan::0",
  "  \t::stop-commands::x",
  "\u0085::add-matcher::x.json",
  "said: x\n::error file=a::b",
  "said: x\r::error::b",
  "said: x\r\n    ::debug::b\n",
  "said ##[set-output name=plan;]0",
  "###[error]b",
  "##[##[error]b",
  "::::error::b\n::error::b",
])("no command for the runner is in what others said: %j", (text) => {
  expect(commandsIn(text)).not.toEqual([]);
  expect(commandsIn(logText(text))).toEqual([]);
});

test.each([
  "arn:aws:iam::111122223333:role/a, aws:lambda/function:Function::authorizer",
  "    error: 1 error occurred:\n\t* it said: no",
  "https://[::1]:8080",
  "## [x] # [y]",
])("anything else stands as it is: %j", (text) => {
  expect(logText(`${text} \n`)).toBe(text);
});
