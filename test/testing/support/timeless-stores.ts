/**
 * The tests that must catch the broken stores for the explorations in
 * `test/interleavings`, which break the same sentences in another way.
 */
export const TESTS_OF_SENTENCES: { readonly [sentence: string]: string } = {
  'update brings a session back': 'update() returns "gone" if there is no live session, and creates none',
  'update overwrites the whole record': 'update() merges a change key by key: keys that it does not name stay',
  'update ignores the version': 'update() with an earlier version returns "conflict", and changes nothing',
  'update changes nothing': 'update() merges a change key by key: keys that it does not name stay',
  'update that removes what it knows removes all': 'Calls in any order get the answers that the contract demands',
  'move takes what was loaded': 'A moved session can be changed, touched, moved again and ended under its new id',
  'move leaves the old session': 'A move puts the stored session under its new id, and retires the old id',
  'move leaves no mark': 'A move puts the stored session under its new id, and retires the old id',
  'end leaves no mark': 'end() ends the session, and leaves a mark that says "ended"',
  'end does not follow a move': 'end() follows a mark that says "moved": it ends the session under its new id',
  'end leaves the session': 'end() ends the session, and leaves a mark that says "ended"',
  'touch brings a session back': 'touch() returns false if there is no live session, and brings none back',
  'create overwrites a session': 'create() returns false, and changes nothing, if the id has a live session',
  'create overwrites a mark': 'create() returns false, and changes nothing, if the id has the mark of an ended session',
  'take leaves the session': 'take(), if the store has it, leaves a mark that points to the new id, and returns what was stored',
  'take leaves no mark': 'take(), if the store has it, leaves a mark that points to the new id, and returns what was stored',
  'take returns what was loaded': 'Race: a move keeps every update that was acknowledged, and the others find the session gone',
};
