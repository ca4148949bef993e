import fc from 'fast-check';

/**
 * Strings of any code points, lone surrogates included, and the strings that
 * fast-check knows to break programs. `fc.string({ unit: 'binary' })` makes the
 * same ones, but takes more than a second for the first.
 */
export function anyText(lengths: { readonly minLength?: number; readonly maxLength?: number } = {}): fc.Arbitrary<string> {

  const points = fc.array(fc.integer({ min: 0, max: 0x10ffff }), lengths);
  return fc.oneof(points.map(each => String.fromCodePoint(...each)), fc.string(lengths));

}
