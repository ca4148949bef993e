import type { Answer, AppProcess } from './app-process.js';

/** One trial of a race between two processes: says what was violated, or null. */
export type Race = (one: AppProcess, other: AppProcess, chance: (below: number) => number) => Promise<string | null>;

const changed = ({ status }: Answer): boolean => status === 200;

/** What was asked of a session that others end or move at the same time. */
function strange(answers: readonly Answer[]): string | null {

  for (const { status, cookie } of answers) {
    if (status !== 200 && status !== 409) return `got ${status}`;
    if (cookie !== undefined) return `got the cookie ${cookie}`;
  }
  return null;

}

export const RACES: { readonly [name: string]: Race } = {

  'I1: an id that nobody gave is not adopted': async (one, other, chance) => {
    const foreign = Array.from({ length: 59 }, () => 'ABCdef0123'[chance(10)]).join('');
    const answers = await Promise.all([one.send('/set?key=a', foreign), other.send('/set?key=b', foreign)]);
    if (!answers.every(changed)) return `got ${answers.map(({ status }) => status)}`;
    const ids = answers.map(({ cookie }) => cookie);
    if (ids.includes(foreign) || ids.includes(undefined)) return 'the id was adopted';
    return await one.read(foreign) === null && await other.read(foreign) === null ? null : 'the id lives';
  },

  'I2: a sign-out is final amid changes, counts and refreshes': async (one, other, chance) => {
    const id = await one.create();
    const pause = () => `pause=${chance(4)}`;
    const [ended, ...others] = await Promise.all([
      one.send(`/end?${pause()}`, id), other.send(`/set?key=a&${pause()}`, id), one.send(`/set?key=b&${pause()}`, id),
      other.send(`/count?${pause()}`, id), other.send(`/read?${pause()}`, id), one.send(`/unset?key=kept&${pause()}`, id),
    ]);
    if (ended.status !== 200 || ended.cookie !== 'clear') return `the sign-out got ${ended.status} and ${ended.cookie}`;
    if (await one.read(id) || await other.read(id)) return 'the session lives';
    return strange(others);
  },

  'I2: a sign-out is final while the id is changed': async (one, other, chance) => {
    const id = await one.create();
    const [ended, moved] = await Promise.all([
      one.send(`/end?pause=${chance(4)}`, id), other.send(`/regenerate?key=a&pause=${chance(4)}`, id),
    ]);
    if (ended.status !== 200) return `the sign-out got ${ended.status}`;
    if (await one.read(id) || await other.read(id)) return 'the session lives';
    const isNew = moved.status === 200 && moved.cookie !== undefined && moved.cookie !== 'clear';
    const values = isNew ? await one.read(moved.cookie as string) : null;
    // Whoever came with the ended id may have begun a session of his own.
    return values?.kept === undefined ? null : 'the session lives under its new id';
  },

  'I3: keys that are changed at once are all kept': async (one, other, chance) => {
    const id = await one.create();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const answers = await Promise.all([
      ...keys.map((key, index) => (index % 2 ? one : other).send(`/set?key=${key}&pause=${chance(3)}`, id)),
      one.send('/unset?key=kept', id),
    ]);
    if (!answers.every(changed)) return `got ${answers.map(({ status }) => status)}`;
    const values = await other.read(id);
    if (values?.kept !== undefined) return 'a removed key is back';
    const lost = keys.filter(key => values?.[key] !== key);
    return lost.length === 0 ? null : `${lost} lost`;
  },

  'I4: counts are exact': async (one, other, chance) => {
    const id = await one.create();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => (
      (index % 2 ? one : other).send(`/count?pause=${chance(3)}`, id))));
    if (!answers.every(changed)) return `got ${answers.map(({ status }) => status)}`;
    const values = await one.read(id);
    return values?.count === answers.length ? null : `${values?.count} counted`;
  },

  'I5: a new id comes with what was acknowledged': async (one, other, chance) => {
    const id = await one.create();
    const keys = ['a', 'b', 'c', 'd'];
    const [moved, ...answers] = await Promise.all([
      one.send(`/regenerate?key=x&pause=${chance(4)}`, id),
      ...keys.map((key, index) => (index % 2 ? one : other).send(`/set?key=${key}&pause=${chance(4)}`, id)),
    ]);
    if (moved.status !== 200 || !moved.cookie) return `the regeneration got ${moved.status}`;
    const problem = strange(answers);
    if (problem) return problem;
    if (await one.read(id) || await other.read(id)) return 'the old id lives';
    const values = await other.read(moved.cookie);
    if (values?.kept !== 'yes' || values.user !== 'x') return 'the session has lost keys';
    const wrong = keys.filter((key, index) => (values[key] === key) !== (answers[index]?.status === 200));
    return wrong.length === 0 ? null : `${wrong} lost, or there though refused`;
  },

  'I5: of two regenerations one takes the session along': async (one, other, chance) => {
    const id = await one.create();
    const answers = await Promise.all([
      one.send(`/regenerate?key=a&pause=${chance(4)}`, id), other.send(`/regenerate?key=b&pause=${chance(4)}`, id),
    ]);
    const sessions = await Promise.all(answers.map(({ status, cookie }) => (
      status === 200 && cookie ? one.read(cookie) : null)));
    const winners = sessions.filter(values => values?.kept === 'yes').length;
    if (winners !== 1) return `${winners} took it along`;
    return await other.read(id) ? 'the old id lives' : null;
  },

  'I13: a late request takes no cookie away': async (one, other, chance) => {
    const id = await one.create();
    const [moved, ...polls] = await Promise.all([
      one.send(`/regenerate?key=x&pause=${chance(4)}`, id), other.send(`/read?pause=${chance(4)}`, id),
      other.send(`/set?key=a&pause=${chance(4)}`, id),
    ]);
    if (moved.status !== 200 || !moved.cookie) return `the regeneration got ${moved.status}`;
    const late = await other.send('/set?key=b', id);
    if (late.status !== 409) return `a late change got ${late.status}`;
    polls.push(late, await other.send('/read', id));
    return strange(polls);
  },

};
