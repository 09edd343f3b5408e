// Which test file starts when. Jest starts those first that took longest; on a clean clone it does not know them, and goes by the size of
// the file, so that small files of long tests start last, and the others' workers idle until they end.
const { default: Sequencer } = require("@jest/test-sequencer");

/** What starts engines, then other programs, then none. */
const rooms = ["e2e", "browser", "integration", "unit"];
const roomOf = ({ path }) =>
  rooms.findIndex((room) => path.includes(`/__tests__/${room}/`));

module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return sorted.every(({ duration }) => duration != null)
      ? sorted
      : sorted.toSorted((one, other) => roomOf(one) - roomOf(other));
  }
};
