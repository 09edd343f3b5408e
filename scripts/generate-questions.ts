// docs/aws-open-questions.md: the table of what is open about AWS, for readers.
import { type Question, questions } from "./verify-aws/questions.ts";

const section = ({
  answers,
  documented,
  recorded,
  title,
  unseen,
}: Question): string => `## ${title}

- Documented: ${documented}
- Recorded or reported: ${recorded}
- Seen by nobody here: ${unseen}

| if AWS says | then |
| --- | --- |
${Object.entries(answers)
  .map(([answer, then]) => `| ${answer} | ${then} |`)
  .join("\n")}
`;

export const renderQuestions =
  (): string => `<!-- Generated from scripts/verify-aws/questions.ts by npm run generate. -->

# What is open about AWS

What AWS does not document, or what the project could not see on AWS itself, and how a gate behaves either way. The local cloud plays
every answer, and the suites that matter run with each.

In an account of your own, with its credentials in the environment, \`AWS_REGION=eu-west-1 npm run verify:aws\` deploys a small gate in front
of a function that says what reached it, puts every question to it, prints what AWS did, and removes everything, also after a failure or
Ctrl-C. [A workflow for it](../examples/verify-on-aws.yml). It takes some minutes and costs less than a cent; use an account without anything else in it,
since the role needs more than a gate's: IAM roles, functions, REST APIs, usage plans and buckets named \`ai-gate-verify-…\`. An answer that is
not on this page is worth an issue.

${Object.values(questions).map(section).join("\n")}`;
