import { createHash } from "node:crypto";
import type { Change } from "../../src/report/change.ts";
import {
  comparePlan,
  digestChanges,
  parseReviewMarker,
  reviewMarker,
  type ReviewMarker,
  signedText,
} from "../../src/report/digest.ts";
import { planItems } from "../../src/report/plan.ts";
import type { Run } from "../../src/report/run.ts";
import { change, consumer, proof, route, run, summary, urls } from "./runs.ts";

const sha256 = (text: string) =>
  createHash("sha256").update(text).digest("hex");

/** The lines that are digested. */
const planLines = (one: Run) => planItems(one).map(({ line }) => line);
const planWords = (one: Run) => planItems(one).map(({ words }) => words);

const changes = [
  change("update", { name: "b", diffs: ["body", "tags.team"] }),
  change("create", { name: "a" }),
];
const before = summary({ consumers: [consumer("ops", "/**")] });
const after = summary({ plans: [{ name: "basic", burst: 2, rate: 1 }] });
const reviewed = run({ before, after, changes, contents: { document: "d1" } });
const digestOf = (more: Partial<Run>) =>
  digestChanges({ ...reviewed, ...more }, sha256).digest;

test("everything that would happen, a thing a line, no more and in one order", () => {
  expect(planLines(reviewed)).toEqual([
    "create aws:apigateway/stage:Stage a",
    "update aws:apigateway/stage:Stage b: body, tags.team",
    "consumer-added team-a: the consumer `team-a` is added and may call `/openai/**`; it is known by its token",
    'route {"credential":true,"guarded":true,"headers":{},"host":"api.openai.com","methods":["GET","POST"],"path":"/openai/{proxy+}","stream":true,"target":"https://api.openai.com/v1/{proxy}","timeout":900,"upstream":"openai"}',
    'route {"credential":true,"guarded":true,"headers":{},"host":"scorer.example.com","methods":["POST"],"path":"/score","stream":true,"target":"https://scorer.example.com/score","timeout":900,"upstream":"scorer"}',
    'consumer {"access":["/openai/**"],"disabled":false,"id":"team-a","identities":[],"modes":["token"],"tokenIds":["1"]}',
    'consumer {"access":["/**"],"disabled":false,"id":"ops","identities":[],"modes":["token"],"tokenIds":["1"]}',
    'plan {"burst":2,"name":"basic","rate":1}',
    'auth {"cacheTtl":60,"issuers":[],"modes":["token"],"store":"bundled"}',
    "origins []",
    "proof true",
    'stageName "v1"',
    'throttle {"burst":200,"rate":100}',
    'tokenHeader "Authorization"',
    "version 3",
    "content of document: d1",
  ]);
});

test("nothing known is nothing to review", () => {
  expect(planLines(run())).toEqual([]);
});

test("the digest is that of all lines, so that none can look like two", () => {
  expect(digestChanges(reviewed, sha256)).toEqual({
    digest: sha256(JSON.stringify(planLines(reviewed))),
    lines: planLines(reviewed).map((line) => sha256(line).slice(0, 8)),
  });
  const one = run({ contents: { a: "1\ncontent of b: 2" } });
  const two = run({ contents: { a: "1", b: "2" } });
  expect(planLines(one).join("\n")).toBe(planLines(two).join("\n"));
  expect(digestChanges(one, sha256).digest).not.toBe(
    digestChanges(two, sha256).digest,
  );
});

const also = (...more: Change[]) => ({ changes: [...changes, ...more] });

test.each<[string, Partial<Run>]>([
  ["another run and commit", { runUrl: "https://x", sha: "f".repeat(40) }],
  ["the same said by up", { command: "up" }],
  [
    "a proof, an URL, tokens",
    { proof: proof("passed"), urls, tokens: { added: 1, removed: 0 } },
  ],
  [
    "a failure, a judgement",
    {
      failure: { reason: "engine", message: "x" },
      judgement: { stopped: [], allowed: [], unused: [] },
    },
  ],
  ["events in another order", { changes: changes.toReversed() }],
  [
    "properties in another order, and shown",
    {
      changes: [
        changes[1]!,
        {
          ...changes[0]!,
          diffs: ["tags.team", "body"],
          values: { body: { before: "1", after: "2" } },
        },
      ],
    },
  ],
  [
    "what the cloud and the build set anew",
    {
      changes: [
        changes[1]!,
        {
          ...changes[0]!,
          diffs: [
            "body",
            "tags.team",
            "lastModified",
            "sourceCodeHash",
            "createdDate",
            "lastUpdatedDate",
            "tagsAll",
            "tagsAll.team",
            "tags.commit",
            'tags["ai-gate:commit"]',
            "tags.gitSha",
            "tags.revision",
            "stages[0].lastModified",
          ],
        },
      ],
    },
  ],
  [
    "an update of nothing else",
    also(change("update", { name: "c", diffs: ["tags.commit", "tagsAll"] })),
  ],
  [
    "keys of the gate in another order",
    {
      after: Object.fromEntries(
        Object.entries(after).reverse(),
      ) as unknown as Run["after"],
    },
  ],
])("the digest stays with %s", (_, more) => {
  expect(digestOf(more)).toBe(digestOf({}));
});

test.each<[string, Partial<Run>]>([
  ["a resource more", also(change("delete", { name: "c" }))],
  ["an update that names no property", also(change("update", { name: "c" }))],
  [
    "a replacement of what looks the same",
    also(change("replace", { name: "c", diffs: ["lastModified"] })),
  ],
  ["a leftover", also(change("delete", { name: "c", leftover: true }))],
  ["a resource less", { changes: [changes[0]!] }],
  [
    "another operation",
    { changes: [changes[0]!, { ...changes[1]!, op: "replace" }] },
  ],
  [
    "another property",
    { changes: [{ ...changes[0]!, diffs: ["body", "name"] }, changes[1]!] },
  ],
  [
    "a property with commit in its name",
    {
      changes: [
        { ...changes[0]!, diffs: ["body", "tags.team", "commitPolicy"] },
        changes[1]!,
      ],
    },
  ],
  [
    "a tag that only starts like one of a commit",
    {
      changes: [
        { ...changes[0]!, diffs: ["body", "tags.shared"] },
        changes[1]!,
      ],
    },
  ],
  ["another history", { history: "h2" }],
  ["a history", { history: "" }],
  ["another type", { changes: [{ ...changes[0]!, type: "x" }, changes[1]!] }],
  ["another gate before", { before: summary() }],
  ["another gate after", { after: summary() }],
  [
    "routes in another order",
    { after: { ...after, routes: after.routes.toReversed() } },
  ],
  [
    "consumers in another order",
    { after: { ...after, consumers: after.consumers.toReversed() } },
  ],
  ["another document", { contents: { document: "d2" } }],
  ["one content more", { contents: { document: "d1", authorizer: "x" } }],
])("the digest changes with %s", (_, more) => {
  expect(digestOf(more)).not.toBe(digestOf({}));
});

test("a leftover is no delete", () => {
  const [one, two] = [true, false].map((leftover) =>
    planLines(run({ changes: [change("delete", { leftover })] })),
  );
  expect(one).toEqual(["clean up aws:apigateway/stage:Stage gate-stage"]);
  expect(two![0]).toBe("delete aws:apigateway/stage:Stage gate-stage");
});

const compare = (more: Partial<Run>, lines?: readonly string[]) => {
  const remembered = digestChanges(reviewed, sha256);
  return comparePlan(
    { ...reviewed, ...more },
    { ...remembered, ...(lines && { lines }) },
    sha256,
  );
};

test("what was reviewed is what would happen", () => {
  expect(compare({ changes: changes.toReversed() })).toBe(undefined);
  expect(compare({}, [])).toBe(undefined);
});

test("what is different is told line by line, as far as it is remembered", () => {
  const route3 = route("/new");
  expect(
    compare({
      changes: [changes[0]!, change("delete", { name: "c" })],
      contents: {},
    }),
  ).toEqual({
    added: [
      "`c` (`aws:apigateway/stage:Stage`) would be deleted",
      "`c` will be deleted",
    ],
    removed: 2,
  });
  expect(
    compare({ after: { ...after, routes: [...after.routes, route3] } }),
  ).toEqual({
    added: [
      "`GET, POST /new` is added and leads to `https://api.openai.com/v1/{proxy}`; `ops` may call it",
      "the route `GET, POST /new` leads to `https://api.openai.com/v1/{proxy}` (`openai`), asks for a credential, adds the upstream's credential, streams, and waits 900 seconds at most",
    ],
    removed: 0,
  });
  expect(
    compare({ after: { ...after, routes: after.routes.toReversed() } }),
  ).toEqual({
    added: [
      "the output `invoke-url` leads to the path `/score` instead of `/openai`, as the first route does",
    ],
    removed: 0,
  });
  const more = { contents: { document: "d2" } };
  expect(compare(more, [])).toEqual({
    added: planWords({ ...reviewed, ...more }),
    removed: undefined,
  });
});

test("what happened to the gate since is told first, if the rest is known too", () => {
  const one = { ...reviewed, history: "h1" };
  const two = { ...reviewed, history: "h2" };
  const remembered = digestChanges(one, sha256);
  expect(comparePlan(one, remembered, sha256)).toBe(undefined);
  expect(comparePlan(two, remembered, sha256)).toEqual({
    added: ["the gate was changed by another run since the preview"],
    removed: 1,
  });
  expect(comparePlan(two, { ...remembered, lines: [] }, sha256)).toEqual({
    added: planWords(reviewed),
    removed: undefined,
  });
});

test.each([
  [500, 500],
  [501, 0],
])("of %s lines %s are remembered", (count, kept) => {
  const many = run({
    changes: Array.from({ length: count }, (_, index) =>
      change("create", { name: `r${index}` }),
    ),
  });
  expect(planLines(many)).toHaveLength(count);
  expect(digestChanges(many, sha256).lines).toHaveLength(kept);
});

const sha = "0123456789abcdef0123456789abcdef01234567";
const marker: ReviewMarker = {
  sha,
  at: 1_800_000_000,
  text: "c".repeat(64),
  digest: "d".repeat(64),
  lines: ["01234567", "89abcdef"],
  mac: "e".repeat(64),
};
const line = `<!-- ai-gate-review sha=${sha} at=1800000000 text=${"c".repeat(64)} digest=${"d".repeat(64)} lines=0123456789abcdef mac=${"e".repeat(64)} -->`;

test("a marker is written and read", () => {
  expect(reviewMarker(marker)).toBe(line);
  for (const text of [
    `<!-- gate -->\n${line}\nrest`,
    `<!-- gate -->\r\n${line}\r\nrest`,
    `\n${line}`,
  ])
    expect(parseReviewMarker(text)).toEqual(marker);
  const none = { ...marker, lines: [] };
  expect(parseReviewMarker(`x\n${reviewMarker(none)}`)).toEqual(none);
});

test.each<[string, Partial<ReviewMarker>]>([
  ["a short commit", { sha: "0123456" }],
  ["a commit in capitals", { sha: sha.toUpperCase() }],
  ["a commit with more", { sha: `${sha} -->` }],
  ["no time", { at: NaN }],
  ["a time before all reviews", { at: 1 }],
  ["half a second", { at: 1_800_000_000.5 }],
  ["a short text", { text: "c" }],
  ["a short digest", { digest: "d" }],
  ["a line that is none", { lines: ["0123456"] }],
  ["too many lines", { lines: Array.from({ length: 501 }, () => "01234567") }],
  ["no mac", { mac: "" }],
])("%s makes no marker", (_, more) => {
  expect(() => reviewMarker({ ...marker, ...more })).toThrow(
    "no marker can be made of this",
  );
});

test.each<[string, string]>([
  ["nothing", ""],
  ["no second line", "<!-- gate -->"],
  ["the marker first", line],
  ["the marker third", `a\nb\n${line}`],
  ["two markers", `a\n${line}\n${line}`],
  ["another beginning of one", `a\n${line}\n<!-- ai-gate-review`],
  ["something before it", `a\n ${line}`],
  ["something behind it", `a\n${line} `],
  ["another order", `a\n${line.replace(/(text=\S+) (digest=\S+)/, "$2 $1")}`],
  ["a part twice", `a\n${line.replace("mac=", `mac=${"0".repeat(64)} mac=`)}`],
  ["a digest too long", `a\n${line.replace("digest=", "digest=0")}`],
  ["a time with a zero before it", `a\n${line.replace("at=", "at=0")}`],
  ["no time", `a\n${line.replace(/at=\d+ /, "")}`],
  ["half a line", `a\n${line.replace("lines=", "lines=0")}`],
  [
    "501 lines",
    `a\n${line.replace("lines=", `lines=${"01234567".repeat(499)}`)}`,
  ],
  ["capitals", `a\n${line.toUpperCase()}`],
])("%s is no review", (_, comment) => {
  expect(parseReviewMarker(comment)).toBe(undefined);
});

test("what is signed names the gate, the commit and all that was reviewed, each on its line", () => {
  const claim = {
    gateId: 'a"\nb',
    sha,
    at: 1,
    text: "t1",
    digest: "d1",
    lines: ["l1", "l2"],
  };
  expect(signedText(claim)).toBe(
    `ai-gate-review\n"a\\"\\nb"\n${sha}\n1\nt1\nd1\nl1l2`,
  );
});
