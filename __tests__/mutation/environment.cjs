// Where the mutation tests run: after the first test that fails the others are skipped, because one is enough to kill a
// change. Jest itself can only end a run after a whole file.
const { TestEnvironment } = require("jest-environment-node");

module.exports = class extends TestEnvironment {
  hasFailed = false;

  handleTestEvent({ name, test }) {
    if (name === "test_fn_failure") this.hasFailed = true;
    if (name === "test_start" && this.hasFailed) test.mode = "skip";
  }
};
