// What is open about AWS: one table for docs/aws-open-questions.md, for `npm run verify:aws`, and for the switches by which the
// local cloud plays every answer in tests. Data only.
import type { Readings } from "../../local/apigateway/data/collaborators.ts";
import type { Fault } from "../../local/apigateway/front/faults.ts";

export interface Question {
  readonly title: string;
  /** What AWS's documentation says. */
  readonly documented: string;
  /** What was recorded on AWS, or what users report. */
  readonly recorded: string;
  /** What nobody here could see. */
  readonly unseen: string;
  /** What the product does with each answer; an answer that begins with a number may have any number. */
  readonly answers: Readonly<Record<string, string>>;
  /** How the local cloud plays another answer than its own. */
  readonly played: readonly Twist[];
}

interface Twist {
  readonly readings?: Partial<Readings>;
  readonly faults?: readonly Fault[];
  /** What verify:aws then says. */
  readonly says: string;
}

const nothing = "Nothing.";

const rows = {
  "header-sources": {
    title: "Do names in sources of mappings and templates have case?",
    documented: "They do (important notes).",
    recorded:
      "Users of HTTP/2 clients, which write names in lower case, find nothing (fireprox#39).",
    unseen: "Whether API Gateway gives names that it knows their usual case.",
    answers: {
      "names have case":
        "Errors of a gate with several origins are readable by any page, and preflights look for both spellings. A SageMaker endpoint gets no custom attributes from HTTP/2 callers.",
      "names have no case": "The same, and it gets them.",
    },
    played: [
      { readings: { headerSources: "any-case" }, says: "names have no case" },
    ],
  },
  "header-targets": {
    title: "Does a mapped header replace the caller's in another spelling?",
    documented: nothing,
    recorded: "`Authorization` loses the caller's spelling before that.",
    unseen: "Every other header.",
    answers: {
      replaced: "No credential of a caller reaches an upstream.",
      "sent beside":
        "`Authorization` and names spelled as in the document are safe. The gate cannot keep others back: let callers send their token as `Authorization`.",
    },
    played: [{ readings: { headerTargets: "beside" }, says: "sent beside" }],
  },
  "path-values": {
    title: "Is a path parameter decoded before it is put into the URL?",
    documented: "It is decoded and quoted again.",
    recorded: "For a Lambda proxy it is kept as it was sent.",
    unseen: "Which of the two holds for HTTP upstreams.",
    answers: {
      kept: "Model names with `%2F` arrive as they were sent.",
      "decoded and quoted again":
        "`%2F` arrives as `/`. Nobody gets further by it: the authorizer decides about both readings, and refuses a path that is another route's once decoded.",
    },
    played: [
      {
        readings: { pathValues: "requoted" },
        says: "decoded and quoted again",
      },
    ],
  },
  "unknown-path": {
    title: "What does an unknown path answer to a caller with a credential?",
    documented: nothing,
    recorded:
      "Users report 403 IncompleteSignatureException in place of 403 Missing Authentication Token (chalice#828).",
    unseen: "Which gateway response it takes.",
    answers: {
      "404 INVALID_SIGNATURE":
        "The gate's 404, as for a caller without a credential.",
      "404 MISSING_AUTHENTICATION_TOKEN": "The same.",
      "403 DEFAULT_4XX":
        "The gate's 403, whose text says that there is no such route: this response cannot have a status of its own.",
      "403": "API Gateway's own text.",
    },
    played: [
      { readings: { unknownPath: "default-4xx" }, says: "403 DEFAULT_4XX" },
      {
        readings: { unknownPath: "missing-token" },
        says: "404 MISSING_AUTHENTICATION_TOKEN",
      },
    ],
  },
  "empty-segments": {
    title: "Do empty segments of a path count?",
    documented: nothing,
    recorded: "Slashes before the path count once, those inside each.",
    unseen: "Whether HTTP upstreams change that.",
    answers: {
      "they count": "Such a path is no route.",
      "they do not": "Such a path is a route's, and the authorizer refuses it.",
    },
    played: [{ readings: { emptySegments: "merged" }, says: "they do not" }],
  },
  "method-override": {
    title: "When does X-HTTP-Method-Override count?",
    documented: "It overrides the method and is not passed on.",
    recorded: nothing,
    unseen: "Which method the authorizer sees.",
    answers: {
      "before the authorizer is asked":
        "The call is decided on as the method it becomes.",
      "after the authorizer was asked":
        "The authorizer refuses a call whose header names another method than it sees.",
      never: "The same.",
    },
    played: [
      {
        readings: { methodOverride: "before-routing" },
        says: "before the authorizer is asked",
      },
      { readings: { methodOverride: "ignored" }, says: "never" },
    ],
  },
  "undeclared-bodies": {
    title: "What becomes of bytes of a type that is not declared?",
    documented: "They are read as text, so what is not UTF-8 is lost.",
    recorded: "Users report the same of uploads (edx/api-manager#257).",
    unseen: "Whether every region and endpoint does so.",
    answers: {
      corrupted: "The gate declares the types of uploads that clients send.",
      "passed as they are": "Uploads of other types work too.",
    },
    played: [
      {
        readings: { undeclaredBodies: "bytes" },
        says: "passed as they are",
      },
    ],
  },
  "content-coding": {
    title: "When is a body in an unknown content coding refused?",
    documented: "It is a 415.",
    recorded: nothing,
    unseen: "Whether it needs a credential to be told so.",
    answers: {
      "before the authorizer is asked": "API Gateway's own 415.",
      "after the authorizer was asked": "The gate's 401, then its 415.",
    },
    played: [
      {
        readings: { contentCoding: "after-authorizer" },
        says: "after the authorizer was asked",
      },
    ],
  },
  "repeated-keys": {
    title: "Which value of a key that an object has twice does a model check?",
    documented: nothing,
    recorded: nothing,
    unseen: "Either.",
    answers: {
      last: "Most services read the last one too.",
      first:
        "As [docs/config.md](config.md) says, a body may name an allowed model first and another one last: the authorizer does not see bodies. Give the upstream's key the models that it may use.",
    },
    played: [{ readings: { repeatedKeys: "last" }, says: "last" }],
  },
  "malformed-urls": {
    title: "Is a lone % in a path refused?",
    documented: "`|`, `{` and `}` must be quoted in a query.",
    recorded: "Users report a 400 (fireprox#27).",
    unseen: "Whether the authorizer is asked first.",
    answers: {
      "refused with 400": "API Gateway's own 400.",
      "let through": "The authorizer refuses it.",
    },
    played: [{ readings: { malformedUrls: "passed" }, says: "let through" }],
  },
  "answer-names": {
    title: "What becomes of an upstream's Proxy-Authenticate, Trailer, …?",
    documented: "They are dropped.",
    recorded:
      "They are renamed to `x-amzn-Remapped-…` where a mapping sets them.",
    unseen: "Which of the two holds for a proxied answer.",
    answers: {
      renamed: "Callers may see them by the new name.",
      dropped: "Callers do not see them.",
    },
    played: [{ readings: { answerNames: "dropped" }, says: "dropped" }],
  },
  "key-delay": {
    title: "How long until a key that was put into a plan counts?",
    documented: nothing,
    recorded: "Recorded tests wait up to two minutes.",
    unseen: "How long it takes, and whether it counts at once everywhere.",
    answers: {
      "at once": "The proof passes at the first attempt.",
      "after 2 s or more":
        "The proof asks again for a new key, with a deadline of its own.",
    },
    played: [{ readings: { keyDelaySeconds: 4 }, says: "after 2 s or more" }],
  },
  "new-bucket": {
    title: "Does a bucket that was just made take its settings?",
    documented: nothing,
    recorded:
      "Users report 409 OperationAborted at times (terraform-provider-aws#7628).",
    unseen: "How often, and for how long.",
    answers: {
      "at the first attempt": "The state's bucket is made in one go.",
      "after 1 refusal or more":
        "The action asks again as far as AWS's SDK does; a later run corrects the settings.",
    },
    played: [
      {
        faults: [
          {
            service: "s3",
            operation: "PutBucketPolicy",
            status: 409,
            errorType: "OperationAborted",
            times: 1,
          },
        ],
        says: "after 1 refusal or more",
      },
    ],
  },
  "new-role": {
    title: "May Lambda assume a role that was just made?",
    documented: "IAM is eventually consistent.",
    recorded: "Recorded tests wait 10 seconds and more.",
    unseen: "How long it takes in the account and region at hand.",
    answers: {
      "at the first attempt": "The function is made in one go.",
      "after 1 refusal or more": "The AWS provider asks again.",
    },
    played: [
      {
        faults: [
          {
            service: "lambda",
            operation: "CreateFunction",
            status: 400,
            errorType: "InvalidParameterValueException",
            message:
              "The role defined for the function cannot be assumed by Lambda.",
            times: 2,
          },
        ],
        says: "after 1 refusal or more",
      },
    ],
  },
  "log-groups": {
    title: "Can logs:DescribeLogGroups be allowed for one log group?",
    documented:
      "The service authorization reference names log groups as its resource.",
    recorded:
      "Users report that listing by prefix is denied unless it is allowed for all.",
    unseen: "What holds in the account at hand.",
    answers: {
      allowed: "The published policy grants more than it must.",
      denied: "The published policy grants it on `*`, which is needed.",
    },
    played: [
      {
        faults: [
          {
            service: "logs",
            operation: "DescribeLogGroups",
            status: 400,
            errorType: "AccessDeniedException",
            times: 1,
          },
        ],
        says: "denied",
      },
    ],
  },
} as const satisfies Readonly<Record<string, Question>>;

export type QuestionId = keyof typeof rows;

export const questions: Readonly<Record<QuestionId, Question>> = rows;
