const NOT_ASCII = /[^\0-\x7e]/;
const ALL_NOT_ASCII = /[^\0-\x7e]/g;

export function isAscii(text: string): boolean {

  return !NOT_ASCII.test(text);

}

/** Escapes what is not ASCII, or is DEL, in a text whose escapes are those of JSON. */
export function toAscii(text: string): string {

  return isAscii(text) ? text : text.replace(ALL_NOT_ASCII, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

}
