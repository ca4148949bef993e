/** Variants that an attacker makes of a known id. None of them is that id. */
export const ALTERATIONS = {
  'another case': (id, at) => put(id, at, letter => letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()),
  'another letter': (id, at) => put(id, at, letter => letter === 'A' ? 'B' : 'A'),
  'two letters swapped': (id, at) => id.slice(0, at % id.length) + [...id.slice(at % id.length)].reverse().join(''),
  'cut off': (id, at) => id.slice(0, at % id.length),
  'without its beginning': (id, at) => id.slice(1 + at % (id.length - 1)),
  'a letter more': id => `${id}A`,
  'a letter before it': id => `A${id}`,
  'twice': id => id + id,
  'its handle alone': id => id.slice(0, 16),
  'its handle, and as many letters': id => id.slice(0, 16).padEnd(id.length, 'x'),
  'a form': id => `p.${id}`,
  'a form of a form': id => `p.p.${id}`,
  'in quotes': id => `"${id}"`,
  'a letter encoded': (id, at) => put(id, at, letter => `%${letter.charCodeAt(0).toString(16)}`),
  'everything encoded': id => id.replace(/./g, letter => `%${letter.charCodeAt(0).toString(16)}`),
  'with a NUL': id => `${id}%00`,
  'with a blank': id => `${id}%20`,
  'with a line end': id => `${id}%0D%0A`,
  'behind a byte A0': id => `\xa0${id}`,
  'with a comma': id => `${id},${id}`,
  'with an equals sign': id => `=${id}`,
} satisfies Record<string, (id: string, at: number) => string>;

export type Alteration = keyof typeof ALTERATIONS;

/** Alters an id; if an alteration changes nothing, such as the case of a digit, the id is made longer. */
export function altered(id: string, how: Alteration, at: number): string {

  const text = (ALTERATIONS[how] as (id: string, at: number) => string)(id, at);
  return text === id ? `${id}0` : text;

}

function put(id: string, at: number, change: (letter: string) => string): string {

  const index = at % id.length;
  return id.slice(0, index) + change(id[index] as string) + id.slice(index + 1);

}
