import { sizeOf } from '../../values/session-size.js';
import { toTexts } from '../../values/session-values.js';
import { expect, expectSame } from '../lib/failure.js';
import { race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG } from '../lib/scene.js';

/** Characters of one, two, three and four bytes in UTF-8, and ones that JSON escapes. */
const VALUES = { a: 'text', é: 'Ж', '\u4e16': '\u754c', '😀': '"\\\n' };

const MAX_BYTES = 1000;

/** A text of this many bytes, counting its quotes. */
const textOf = (bytes: number) => 'x'.repeat(bytes - 2);

export const size: readonly Rule[] = [
  {
    sentence: 'update() returns "too-large", and changes nothing, if the session would be larger than maxBytes',
    check: async scene => {
      const id = await scene.session(VALUES);
      const maxBytes = sizeOf(toTexts({ ...VALUES, b: 'Ж' }));
      const terms = { lifetime: LONG, maxBytes };
      expectSame('The answer to update()', await scene.b.update(id, changing({ b: 'Жx' }), terms), 'too-large');
      await scene.expectLive(id, VALUES);
      expectSame('The answer to update()', await scene.b.update(id, changing({ b: 'Ж' }), terms), 'updated');
      await scene.expectLive(id, { ...VALUES, b: 'Ж' });
      const exchange = changing({ b: undefined, c: 'Ж' });
      expectSame('The answer to update()', await scene.a.update(id, exchange, terms), 'updated');
      await scene.expectLive(id, { ...VALUES, c: 'Ж' });
    },
  },
  {
    sentence: 'A session that is larger than maxBytes may shrink, but not grow',
    check: async scene => {
      const id = await scene.session({ a: textOf(600), b: textOf(600) });
      const terms = { lifetime: LONG, maxBytes: MAX_BYTES };
      expectSame('The answer to update()', await scene.a.update(id, changing({ a: textOf(601) }), terms), 'too-large');
      expectSame('The answer to update()', await scene.b.update(id, changing({ a: textOf(500) }), terms), 'updated');
      expectSame('The answer to update()', await scene.a.update(id, changing({ a: textOf(501) }), terms), 'too-large');
      await scene.expectLive(id, { a: textOf(500), b: textOf(600) });
      for (const unlimited of [{ lifetime: LONG }, { lifetime: LONG, maxBytes: Infinity }]) {
        expectSame('The answer to update()', await scene.b.update(id, changing({ a: textOf(2000) }), unlimited), 'updated');
      }
    },
  },
  {
    sentence: 'A move returns "too-large", and changes nothing, if the session would be larger than maxBytes',
    check: async scene => {
      if (!scene.a.canMove) return;
      const id = await scene.session({ a: textOf(600) });
      const terms = { lifetime: LONG, maxBytes: MAX_BYTES };
      const refused = await scene.move(scene.b, id, changing({ b: textOf(600) }), terms);
      expectSame('The answer to move()', refused.answer, 'too-large');
      await scene.expectLive(id, { a: textOf(600) });
      await scene.expectNoSession(refused.newId);
      const { answer, newId } = await scene.move(scene.b, id, changing({ b: textOf(300) }), terms);
      expectSame('The answer to move()', answer, 'moved');
      await scene.expectLive(newId, { a: textOf(600), b: textOf(300) });
    },
  },
  {
    sentence: 'Race: updates of different keys at the same time never make the session larger than maxBytes',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 });
      const terms = { lifetime: LONG, maxBytes: MAX_BYTES };
      const answers = await race(random, ...Array.from({ length: 8 }, (_, index) => () => (
        scene.at(index).update(id, changing({ [`k${index}`]: textOf(200) }), terms))));
      const stored = answers.filter(answer => answer === 'updated').length;
      expect(stored === 4, () => `${stored} changes of 202 bytes were stored in a session of 2 with a maxBytes of ${MAX_BYTES}\nIt must be 4`);
      const found = await scene.a.load(id);
      expectSame('The keys of the session', found?.status === 'live' && found.texts.size, stored + 1);
    }),
  },
];
