/**
 * The tests that must find the stores that are broken for the explorations of
 * `test/interleavings`: the same sentences, broken in another way.
 */
export const TESTS_OF_SENTENCES: { readonly [sentence: string]: string } = {
  'update brings a session back': 'update() returns "gone" where there is no live session, and creates none',
  'update overwrites the whole record': 'update() merges a change key by key: what it does not name stays',
  'update ignores the version': 'update() with a version that has passed returns "conflict", and changes nothing',
  'update changes nothing': 'update() merges a change key by key: what it does not name stays',
  'update that removes what it knows removes all': 'Calls in any order get the answers that the contract says',
  'move takes what was loaded': 'A moved session is one like any other: it is changed, touched, moved again and ended under its new id',
  'move leaves the old session': 'A move puts the session under its new id as it is stored, and retires the old id',
  'move leaves no mark': 'A move puts the session under its new id as it is stored, and retires the old id',
  'end leaves no mark': 'end() ends the session, and leaves a mark that says "ended"',
  'end does not follow a move': 'end() follows a mark that says "moved": it ends the session where it went',
  'end leaves the session': 'end() ends the session, and leaves a mark that says "ended"',
  'touch brings a session back': 'touch() returns false where there is no live session, and brings none back',
  'create overwrites a session': 'create() returns false, and changes nothing, where a live session is',
  'create overwrites a mark': 'create() returns false, and changes nothing, where the mark of an ended session is',
  'take leaves the session': 'take(), where the store has it, leaves a mark that points to the new id, and returns what was stored',
  'take leaves no mark': 'take(), where the store has it, leaves a mark that points to the new id, and returns what was stored',
  'take returns what was loaded': 'Race: a move takes along every update that was acknowledged, and the others find the session gone',
};
