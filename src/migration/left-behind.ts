import type { Side } from './side.js';

/**
 * Ends what `from` still has of a session that is live in `to`, since the last call of
 * a takeover has failed, or a copy was cut off. It is found by the session's id alone,
 * so this comes before the session gets another one: later, no one would find it, and
 * the former id would open it when the session has ended.
 *
 * @returns false if `from` has the session, and `to` does not
 */
export async function endLeftBehind(from: Side, to: Side, id: string): Promise<boolean> {

  const { store } = from;
  const [own, aside] = [from.idOf(id), from.keepsMarks ? from.asideOf(id) : null];
  const [inFrom, inAside] = await Promise.all([store.load(own), aside === null ? null : store.load(aside)]);
  // Without a mark, no takeover is under way.
  if (inFrom === null && inAside === null) return true;
  // Only what is not needed any more may end: another process may just take the session over.
  if ((await to.load(id))?.status !== 'live') return false;
  // Without a mark: a copy that has just put it into `to` takes one for its end.
  const left = [...(inFrom?.status === 'live' ? [own] : []), ...(aside === null ? [] : [aside])];
  await Promise.all(left.map(each => store.delete(each)));
  return true;

}
