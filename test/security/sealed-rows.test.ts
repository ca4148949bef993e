import { doesNotMatch } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AtomicSessionStore, encrypted } from '../../src/index.js';
import { storedIdOf } from '../../src/encryption/session-keys.js';
import { KEYED, NEW, OLD } from '../support/sealed.js';
import { INFO, DETAILS, TEXTS, VALUE_TEXTS } from '../support/stored-rows/corpus.js';
import { SEALABLE } from '../support/stored-rows/engines.js';
import { type Rows, withText } from '../support/stored-rows/rows.js';
import { Visitors } from '../support/stored-rows/visitors.js';

/** The bytes of a sealed value, changed. */
function changed(text: string, change: (bytes: Buffer) => Buffer): string {

  return JSON.stringify(change(Buffer.from(JSON.parse(text), 'base64url')).toString('base64url'));

}

function withByte(at: number, byte: number) {

  return (bytes: Buffer): Buffer => {
    bytes[at] = byte;
    return bytes;
  };

}

/** Texts in the place of a sealed value, made from it and from another session's. */
const SEALED: Readonly<Record<string, (own: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) => string>> = {
  'that of another session': (_, others) => others.get('note') as string,
  'that of another key': own => own.get('userId') as string,
  'what it was before it was sealed': () => '"the note of Ada"',
  nothing: () => '',
  'an empty text': () => '""',
  'its first half': own => `${own.get('note')?.slice(0, 30)}"`,
  'another version': own => changed(own.get('note') as string, withByte(0, 2)),
  'an unknown key': own => changed(own.get('note') as string, bytes => {
    bytes.write('2027', 2);
    return bytes;
  }),
  ...Object.fromEntries([4, 8, 12, 13, 14, 15].map(length => [
    `a tag of ${length} bytes`,
    (own: ReadonlyMap<string, string>) => changed(own.get('note') as string, bytes => bytes.subarray(0, bytes.length - 16 + length)),
  ])),
};

for (const make of SEALABLE) {

  const engine = make();

  describe(`A damaged sealed row of ${engine.name}`, () => {

    let rows: Rows;
    let store: Required<AtomicSessionStore>;
    before(async () => {
      rows = await engine.open();
      store = encrypted(rows.store, KEYED) as Required<AtomicSessionStore>;
    });
    after(() => engine.close?.());

    const valuesOf = async (id: string) => engine.format.read(await rows.read(storedIdOf(id), engine.data));

    for (const [of, forged] of Object.entries(SEALED)) {

      it(`is unreadable, and the error names no key: ${of}`, async () => {

        const visitors = await Visitors.of(store);
        try {
          const texts = new Map(await valuesOf(visitors.id));
          texts.set('note', forged(texts, await valuesOf(visitors.otherId)));
          await rows.write(storedIdOf(visitors.id), engine.data, engine.format.write(texts));
          await visitors.expect('unreadable');
          for (const failure of visitors.failures) doesNotMatch(failure, /note/);
        } finally {
          visitors.leave();
        }

      });

    }

    it('is unreadable if its key was removed, and readable when it is restored', async () => {

      const visitors = await Visitors.of(store);
      try {
        await visitors.elsewhere(encrypted(rows.store, { keys: [OLD] }), 'unreadable');
        await visitors.elsewhere(encrypted(rows.store, { keys: [OLD, NEW] }), 'served');
      } finally {
        visitors.leave();
      }

    });

    it('is unreadable, whatever is in the place of its values or of its info', async () => {

      const damages = [
        ...VALUE_TEXTS.filter(([, text]) => text.length < 10_000).map(([, text]) => (
          { column: engine.data, make: (data: string) => withText(engine.format, data, 'note', text) })),
        ...TEXTS.map(([, text]) => ({ column: engine.data, make: text })),
        ...engine.info === undefined ? [] : INFO.map(([, text]) => ({ column: engine.info as string, make: () => text })),
        ...engine.info === undefined ? [] : DETAILS.map(([, text]) => ({ column: engine.info as string, make: () => JSON.stringify(['ada', text]).replaceAll(' ', '\\u0020') })),
      ];
      for (const { column, make } of damages) {
        const visitors = await Visitors.of(store);
        try {
          const stored = storedIdOf(visitors.id);
          await rows.write(stored, column, make(await rows.read(stored, column)));
          await visitors.expect('unreadable');
        } finally {
          visitors.leave();
        }
      }

    });

  });

}
