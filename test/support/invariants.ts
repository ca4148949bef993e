import type { SessionTexts } from '../../src/base/store.js';
import { keyOf, SHARED_KEY } from './actions.js';
import type { History, RequestRecord } from './scenario.js';
import { Witness } from './witness.js';

/**
 * Checks a run against the invariants of the design. It uses the store's contents
 * after each step and the answers that were sent, never the middleware's own
 * state.
 *
 * @returns what was violated, or null
 */
export function violation(history: History): string | null {

  const witness = new Witness(history);
  for (const [name, check] of Object.entries(checks)) {
    const problem = check(history, witness);
    if (problem !== null) return `${name}: ${problem}`;
  }
  return null;

}

type Check = (history: History, witness: Witness) => string | null;

const checks: { readonly [name: string]: Check } = {

  'every request is answered, with a status of ours': each(({ name, fate, status, timedOut }) => {
    if (fate === 'running') return `${name} hangs`;
    if (status !== undefined && ![200, 409, 503].includes(status)) return `${name} got ${status}`;
    return status === 503 && !timedOut ? `${name} got 503, but the store did not fail` : null;
  }),

  'I1: no id is adopted': ({ steps, requests, ids, before }) => {
    const ours = new Set([...before.keys(), ...[...ids.values()].flat()]);
    const seen = [...steps.flatMap(({ live }) => [...live.keys()]), ...requests.flatMap(({ cookie }) => cookie ?? [])];
    const foreign = seen.find(id => id !== 'clear' && !ours.has(id));
    return foreign === undefined ? null : `${foreign} is in use`;
  },

  'I2: an ended session does not come back': each((request, { steps }, witness) => {
    if (request.status !== 200 || !request.carried) return null;
    const { action, carried, answeredAt, name } = request;
    const endsAll = action.ends === true;
    if (!endsAll && !witness.moved(request)) return null;
    const ended = endsAll ? witness.family(carried) : [carried];
    for (const { live } of steps.slice(Math.max(answeredAt - 1, 0))) {
      const zombie = ended.find(id => live.has(id));
      if (zombie) return `${zombie} lives, though ${name} has ended it`;
    }
    return null;
  }),

  'I3, I5, I6: acknowledged changes are stored': each((request, history, witness) => {
    if (request.status !== 200) return null;
    const wanted = wantedOf(request, witness);
    if (!wanted) return null;
    if (!witness.during(request).some(live => [...live.values()].some(wanted))) return `the change of ${request.name} never reached the store`;
    const living = witness.family(request.cookie ?? request.carried as string).filter(id => witness.final.has(id));
    if (living.length === 0) return isEndExcused(request, history, witness) ? null : `the session of ${request.name} is gone`;
    const without = living.find(id => !wanted(witness.final.get(id) as SessionTexts));
    if (without === undefined || wasRemovedKnowingly(request, history, witness)) return null;
    return `the change of ${request.name} is lost in ${without}`;
  }),

  'I3: a key that no request removes stays': ({ before }, witness) => {
    for (const id of before.keys()) {
      const living = witness.family(id).filter(other => witness.final.has(other));
      if (living.some(other => !witness.final.get(other)?.has('kept')) && !witness.some(({ action }) => action.empties)) {
        return 'a key of the session is lost';
      }
    }
    return null;
  },

  'I4: every acknowledged count is stored, and no other': ({ before, requests }, witness) => {
    for (const id of before.keys()) {
      const mine = requests.filter(request =>
        witness.family(id).includes(request.carried as string) && !witness.startedAnew(request));
      for (const living of witness.family(id)) {
        const text = witness.final.get(living)?.get('count');
        if (text === undefined) continue;
        const acknowledged = total(mine.filter(({ status }) => status === 200));
        const unknown = total(mine.filter(({ status, action }) => status !== 200 && (status !== 409 || action.inSteps)));
        // A request that has seen the count and removed it makes it begin anew.
        const isRemoved = witness.some(({ action, status }) => action.empties === true && status === 200);
        if (Number(text) < acknowledged && !isRemoved) return `${text} counted of ${acknowledged} acknowledged`;
        if (Number(text) > acknowledged + unknown) return `${text} counted, but only ${acknowledged} acknowledged`;
      }
    }
    return null;
  },

  'I5: of two regenerations of one id one wins': ({ before, requests }, witness) => {
    for (const id of before.keys()) {
      const rivals = requests.filter(request => request.action.rotates && request.carried === id && witness.foundLive(request));
      const winners = rivals.filter(({ status }) => status === 200);
      const idle = winners.find(({ cookie }) => cookie === undefined);
      if (idle) return `${idle.name} got 200 and no new id`;
      if (winners.length > 1) return `${winners.map(({ name }) => name).join(' and ')} both moved ${id}`;
      if (rivals.length > 0 && winners.length === 0 && !witness.hadFaults && !witness.some(endsOrEmpties)) {
        return `no request could move ${id}`;
      }
    }
    return null;
  },

  'I5: changes of the request that moves the session win': each((request, _, witness) => {
    // In steps, it may have stored its change long before it moved the session.
    if (request.status !== 200 || !request.action.sets || request.action.inSteps || !witness.moved(request)) return null;
    const [user] = witness.during(request).slice(-1).flatMap(live => live.get(request.cookie as string)?.get(SHARED_KEY) ?? []);
    return user === undefined || user === JSON.stringify(request.name) ? null : `${request.name} moved the session, but it has the user ${user}`;
  }),

  'I6: 409 has a reason, and stores nothing': each((request, _, witness) => {
    if (request.status !== 409) return null;
    const { name, action } = request;
    if (!asksForAChange(request, witness)) return `${name} only read, and got 409`;
    if (!witness.some(other => other !== request && (other.action.rotates || endsOrEmpties(other)))) {
      return `${name} got 409, but no request ended or moved its session`;
    }
    const key = action.sets && !action.inSteps ? keyOf(name) : undefined;
    const stored = key !== undefined && [...witness.final.values()].some(texts => texts.has(key));
    return stored ? `the change of ${name} was refused and stored` : null;
  }),

  'I8: the cookie moves only with its reason': each((request, { ids }, witness) => {
    const { name, cookie, action, status } = request;
    if (cookie === undefined) return null;
    if (cookie === 'clear') {
      return (status === 200 || action.inSteps) && endsOrEmpties(request) && witness.ended(request) ? null : `${name} cleared the cookie`;
    }
    if (!ids.get(name)?.includes(cookie)) return `${name} set ${cookie}, which is not new`;
    if (status !== 200 && !action.inSteps) return `${name} set a cookie with ${status}`;
    if (!witness.confirmed(request)) return `${name} set ${cookie}, which did not live then`;
    return request.carried === null || action.rotates || !witness.wasKnown(request) ? null : `${name} set a cookie, and was not asked to`;
  }),

  'I13: a retired id gets no session as a side effect': each((request, _, witness) => {
    if (!witness.foundRetired(request) || request.status === 503 || request.status === undefined) return null;
    const { name, action, status, cookie } = request;
    if (action.rotates || endsOrEmpties(request)) return null;
    if (cookie !== undefined) return `${name} came with a retired id and got a cookie`;
    return asksForAChange(request, witness) && status !== 409 ? `${name} changed a retired session and got ${status}` : null;
  }),

  'I13: no user is signed out without asking for it': ({ jar, jarBefore, requests }, witness) => {
    if (jarBefore === null && !requests.some(({ cookie, fate }) => cookie && fate === 'delivered')) return null;
    if (jarBefore !== null && !witness.knew(jarBefore)) return null;
    if (requests.some(endsOrEmpties)) return null;
    // No rule can save the lost answer of a rotation.
    if (requests.some(request => request.action.rotates && witness.wentWrong(request))) return null;
    return jar !== null && witness.final.has(jar) ? null : `the browser is left with ${jar}`;
  },

};

function each(check: (request: RequestRecord, history: History, witness: Witness) => string | null): Check {

  return (history, witness) => {
    for (const request of history.requests) {
      const problem = check(request, history, witness);
      if (problem !== null) return problem;
    }
    return null;
  };

}

function wantedOf(request: RequestRecord, witness: Witness): ((texts: SessionTexts) => boolean) | null {

  const { action, name } = request;
  // Its changes end with the session.
  if (action.ends) return null;
  // A session that does not exist has nothing to remember.
  if (!action.sets && !(action.unsets && witness.foundLive(request))) return null;
  return texts => (!action.sets || texts.has(keyOf(name))) && (!action.unsets || !texts.has('gone'));

}

function isEndExcused(request: RequestRecord, { requests }: History, witness: Witness): boolean {

  return requests.some(other => other !== request && (
    other.action.ends
    || (other.action.rotates && witness.wentWrong(other))
    || (other.action.empties && (other.status !== 200 || witness.sawKeyOf(other, request)))));

}

function wasRemovedKnowingly(request: RequestRecord, { requests }: History, witness: Witness): boolean {

  return requests.some(other => other.action.empties && witness.sawKeyOf(other, request));

}

function asksForAChange(request: RequestRecord, witness: Witness): boolean {

  const { sets, counts, ...others } = request.action;
  if (sets || counts) return true;
  return witness.foundLive(request) && Boolean(others.unsets || others.looks || others.rotates || endsOrEmpties(request));

}

function endsOrEmpties({ action }: RequestRecord): boolean {

  return Boolean(action.ends || action.empties);

}

function total(requests: readonly RequestRecord[]): number {

  return requests.reduce((sum, { action }) => sum + (action.counts ?? 0), 0);

}
