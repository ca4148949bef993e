import type { Answer, AppProcess } from './app-process.js';

/** One trial of a race between two processes: returns what was violated, or null. */
export type Race = (one: AppProcess, other: AppProcess, chance: (below: number) => number) => Promise<string | null>;

const changed = ({ status }: Answer): boolean => status === 200;

/** The answer to a request on a session that others end or move at the same time. */
function strange(answers: readonly Answer[]): string | null {

  for (const { status, cookie } of answers) {
    if (status !== 200 && status !== 409) return `got ${status}`;
    if (cookie !== undefined) return `got the cookie ${cookie}`;
  }
  return null;

}

export const RACES: { readonly [name: string]: Race } = {

  'I1: an unknown id is not adopted': async (one, other, chance) => {
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
    // A request with the ended id may have begun a session of its own.
    return values?.kept === undefined ? null : 'the session lives under its new id';
  },

  'I3: all keys that are changed at once are kept': async (one, other, chance) => {
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

  'a message is shown exactly once, amid a sign-out and new messages': async (one, other, chance) => {
    const id = await one.create();
    const left = await Promise.all([one.send('/leave?key=a', id), other.send('/leave?key=b', id)]);
    const cookies = left.flatMap(answer => answer.cookies);
    const pause = () => `pause=${chance(4)}`;
    const [ended, third, ...pages] = await Promise.all([
      one.send(`/end?${pause()}`, id), other.send(`/leave?key=c&${pause()}`, id, 'GET', cookies),
      ...[one, other, one, other].map(app => app.send(`/show?${pause()}`, undefined, 'GET', cookies)),
    ]);
    const last = await one.send('/show', undefined, 'GET', [...cookies, ...third.cookies]);
    const answers = [ended, third, ...pages, last];
    if (answers.some(({ status }) => status !== 200)) return `got ${answers.map(({ status }) => status)}`;
    const shown = [...pages, last].flatMap(({ body }) => JSON.parse(body)).sort().join();
    return shown === 'a,b,c' ? null : `${shown} shown`;
  },

  'I5: acknowledged changes are in the session with the new id': async (one, other, chance) => {
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

  'I5: of two regenerations one moves the session': async (one, other, chance) => {
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

/** A user whom no other trial uses. */
function someone(chance: (below: number) => number): string {

  return `user-${chance(1e9)}-${chance(1e9)}`;

}

async function listed(app: AppProcess, user: string): Promise<Array<{ handle: string }>> {

  const { status, body } = await app.send(`/list?key=${user}`);
  if (status !== 200) throw new Error(`The sessions could not be listed: ${status}`);
  return JSON.parse(body);

}

/** Signs in, in a new session or in an existing one, and returns its id. */
async function signedIn(app: AppProcess, user: string, id?: string): Promise<string> {

  const { status, cookie } = await app.send(`/sign-in?key=${user}`, id);
  if (status !== 200 || !cookie) throw new Error(`The sign-in failed: ${status}`);
  return cookie;

}

/** What is left of a user whose sessions were all ended: no session, under any of these ids. */
async function survivors(one: AppProcess, other: AppProcess, user: string, answers: readonly Answer[], ids: readonly string[] = []): Promise<string | null> {

  const left = await listed(one, user);
  if (left.length > 0) return `${left.length} sessions are listed`;
  for (const id of [...ids, ...answers.map(({ cookie }) => cookie)]) {
    if (id && id !== 'clear' && (await other.read(id))?.owner) return 'a session lives';
  }
  return null;

}

/** For stores that find the sessions of a user. */
export const USER_RACES: { readonly [name: string]: Race } = {

  'a session that was signed out and revoked while its id changed says one of the two of each id': async (one, other, chance) => {
    const user = someone(chance);
    const id = await signedIn(one, user);
    const pause = () => `pause=${chance(4)}`;
    const [moved] = await Promise.all([
      other.send(`/rotate?${pause()}`, id), one.send(`/end?${pause()}`, id), other.send(`/revoke?key=${user}&${pause()}`),
    ]);
    const ids = moved.cookie === undefined ? [id] : [id, moved.cookie];
    const told = await Promise.all(ids.flatMap(each => [one.send('/why', each), other.send('/why', each)]));
    const reasons = new Set(told.map(({ body }) => body));
    return reasons.size === 1 && (reasons.has('signed-out') || reasons.has('revoked')) ? null : `told ${told.map(({ body }) => body)}`;
  },

  'I2: no sign-in that began before its user\'s sessions were ended outlives that': async (one, other, chance) => {
    const user = someone(chance);
    const [gate, next] = [`${user}-1`, `${user}-2`];
    const anonymous = await one.create();
    const asNew = one.send(`/sign-in?key=${user}&gate=${gate}`);
    const asMoved = one.send(`/sign-in?key=${user}&gate=${next}`, anonymous);
    await Promise.all([one.send(`/arrived?key=${gate}`), one.send(`/arrived?key=${next}`)]);
    const [ended, , , ...answers] = await Promise.all([
      other.send(`/revoke?key=${user}&pause=${chance(6)}`), one.send(`/release?key=${gate}&pause=${chance(6)}`),
      one.send(`/release?key=${next}&pause=${chance(6)}`), asNew, asMoved,
    ]);
    if (ended.status !== 200) return `the revocation got ${ended.status}`;
    for (const { status } of answers) if (status !== 200 && status !== 409) return `a sign-in got ${status}`;
    return survivors(one, other, user, answers, [anonymous]);
  },

  'I2: no session outlives the end of all of its user\'s, whatever request uses it': async (one, other, chance) => {
    const user = someone(chance);
    const ids = await Promise.all([signedIn(one, user), signedIn(other, user), signedIn(one, user, await other.create())]);
    const pause = () => `pause=${chance(5)}`;
    const [first, second, ...answers] = await Promise.all([
      other.send(`/revoke?key=${user}&${pause()}`), one.send(`/revoke?key=${user}&${pause()}`),
      one.send(`/rotate?${pause()}`, ids[0]), other.send(`/set?key=a&${pause()}`, ids[0]), other.send(`/rotate?${pause()}`, ids[1]),
      one.send(`/count?${pause()}`, ids[1]), one.send(`/read?${pause()}`, ids[2]), other.send(`/end?${pause()}`, ids[2]),
    ]);
    if (first.status !== 200 || second.status !== 200) return `the revocations got ${first.status} and ${second.status}`;
    for (const { status } of answers) if (status !== 200 && status !== 409) return `got ${status}`;
    return survivors(one, other, user, answers, ids);
  },

  'I2: one session is ended by its handle while it gets another id, and no other session is': async (one, other, chance) => {
    const user = someone(chance);
    const id = await signedIn(one, user);
    const [{ handle } = { handle: '' }] = await listed(other, user);
    const spared = await signedIn(other, user);
    const [ended, moved] = await Promise.all([
      other.send(`/revoke-one?key=${user}&handle=${handle}&pause=${chance(4)}`), one.send(`/rotate?pause=${chance(4)}`, id),
    ]);
    if (ended.status !== 200) return `the revocation got ${ended.status}`;
    if (await one.read(id) || (moved.cookie && moved.cookie !== 'clear' && await one.read(moved.cookie))) return 'the session lives';
    return (await listed(one, user)).length === 1 && (await one.read(spared))?.owner === user ? null : 'another one was ended';
  },

  'I2: one of a user\'s sessions is spared, also while it gets another id': async (one, other, chance) => {
    const user = someone(chance);
    const current = await signedIn(one, user);
    const [{ handle } = { handle: '' }] = await listed(other, user);
    const device = await signedIn(other, user);
    const [ended, moved, lost] = await Promise.all([
      other.send(`/revoke-others?key=${user}&handle=${handle}&pause=${chance(4)}`), one.send(`/rotate?pause=${chance(4)}`, current),
      one.send(`/rotate?pause=${chance(4)}`, device),
    ]);
    if (ended.status !== 200 || moved.status !== 200 || !moved.cookie) return `got ${ended.status} and ${moved.status}`;
    if (await one.read(device) || (lost.cookie && await one.read(lost.cookie))) return 'the other device lives';
    return (await one.read(moved.cookie))?.owner === user ? null : 'the current session is gone';
  },

  'I13: two clicks on a sign-in leave one session only': async (one, other, chance) => {
    const user = someone(chance);
    const id = await one.create();
    const answers = await Promise.all([
      one.send(`/sign-in?key=${user}&pause=${chance(4)}`, id), other.send(`/sign-in?key=${user}&pause=${chance(4)}`, id),
    ]);
    for (const { status, cookie } of answers) if (status !== 200 || !cookie) return `a sign-in got ${status} and ${cookie}`;
    const sessions = await Promise.all(answers.map(({ cookie }) => one.read(cookie as string)));
    const lives = sessions.filter(values => values?.owner === user).length;
    const left = await listed(other, user);
    return lives >= 1 && left.length === lives ? null : `${lives} live, ${left.length} are listed`;
  },

};

/** What is wrong with a user's sessions after sign-ins in a race, if anything. */
async function overLimit(one: AppProcess, user: string, limit: number, answers: readonly Answer[]): Promise<string | null> {

  for (const { status } of answers) if (status !== 200 && status !== 409) return `got ${status}`;
  const left = (await listed(one, user)).length;
  return left >= 1 && left <= limit ? null : `${left} sessions are left`;

}

/** For stores that find the sessions of a user, with the option `maxUserSessions`. */
export function limitRaces(limit: number): { readonly [name: string]: Race } {

  const allowed = `limit=${limit}`;
  return {

    [`I15: sign-ins at once leave as many sessions of the user as there may be, ${limit}, and at least one`]: async (one, other, chance) => {
      const user = someone(chance);
      for (let count = 0; count < limit; count++) await signedIn(count % 2 ? one : other, user);
      const anonymous = await one.create();
      const pause = () => `pause=${chance(4)}`;
      const answers = await Promise.all([
        one.send(`/sign-in?key=${user}&${allowed}&${pause()}`), other.send(`/sign-in?key=${user}&${allowed}&${pause()}`),
        other.send(`/sign-in?key=${user}&${allowed}&${pause()}`, anonymous),
      ]);
      return overLimit(other, user, limit, answers);
    },

    [`I15: sessions that are used during a sign-in do not make them more than ${limit}`]: async (one, other, chance) => {
      const user = someone(chance);
      const ids: string[] = [];
      for (let count = 0; count < limit; count++) ids.push(await signedIn(count % 2 ? one : other, user));
      const pause = () => `pause=${chance(4)}`;
      const [first = '', second = first] = ids;
      const answers = await Promise.all([
        one.send(`/sign-in?key=${user}&${allowed}&${pause()}`),
        other.send(`/set?key=a&${allowed}&${pause()}`, first), one.send(`/read?${allowed}&${pause()}`, second), other.send(`/rotate?${allowed}&${pause()}`, first),
        other.send(`/sign-in?key=${user}&${allowed}&${pause()}`),
      ]);
      return overLimit(one, user, limit, answers);
    },

  };

}
