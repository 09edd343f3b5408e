import { matchesPath } from "../../../contract/path-template.ts";
import { samplePath } from "../../../src/proof/calls.ts";

test.each([
  ["/score", "/score"],
  ["/{proxy+}", "/ai-gate-proof"],
  ["/openai/{proxy+}", "/openai/ai-gate-proof"],
  ["/jobs/{id}/log", "/jobs/proof/log"],
  ["/a/{b}/{c+}", "/a/proof/ai-gate-proof"],
])("a sample of %s is %s, which it matches", (template, sample) => {
  expect(samplePath(template)).toBe(sample);
  expect(matchesPath(template, sample)).toBe(true);
});

test.each([
  ["/score", "/score", true],
  ["/score", "/scores", false],
  ["/score", "/score/x", false],
  ["/score/x", "/score", false],
  ["/{a}", "/x", true],
  ["/{a}", "/", false],
  ["/{a}", "/x/y", false],
  ["/a/{b}/c", "/a/x/c", true],
  ["/a/{b}/c", "/a/x/d", false],
  ["/{p+}", "/x/y/z", true],
  ["/a/{p+}", "/a", false],
  ["/a/{p+}", "/a/", false],
  ["/a/{p+}", "/a/b/c", true],
  ["/a/{p+}", "/b/c", false],
])("%s matches %s: %s", (template, path, matches) => {
  expect(matchesPath(template, path)).toBe(matches);
});
