/** Session ids are letters and digits, 43 of them or 59 with a handle in front: nothing else looks like that. */
const LENGTHS = [43, 59];

/** What looks like a session id in a text. */
export function idsIn(text: string): string[] {

  return (text.match(/[0-9A-Za-z]{43,}/g) ?? []).filter(word => (
    LENGTHS.includes(word.length) && /\d/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word)
  ));

}
