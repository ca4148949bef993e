/** Session ids are letters and digits, 43 of them or 59 with a handle in front: no other text looks like that. */
const LENGTHS = [43, 59];

/** The parts of a text that look like session ids. */
export function idsIn(text: string): string[] {

  return (text.match(/[0-9A-Za-z]{43,}/g) ?? []).filter(word => (
    LENGTHS.includes(word.length) && /\d/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word)
  ));

}
