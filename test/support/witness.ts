import type { SessionTexts } from '../../src/base/store.js';
import { keyOf } from './actions.js';
import type { History, RequestRecord } from './scenario.js';

const LOADS = new Set(['load', 'get']);

/** Answers questions about a run, from the store's contents over time. */
export class Witness {

  readonly #history: History;

  constructor(history: History) {
    this.#history = history;
  }

  /** The live sessions in the store at the end. */
  get final(): ReadonlyMap<string, SessionTexts> {

    return this.#liveAfter(this.#history.steps.length - 1);

  }

  get hadFaults(): boolean {
    return this.#history.requests.some(request => this.wentWrong(request));
  }

  some(test: (request: RequestRecord) => unknown): boolean {
    return this.#history.requests.some(test);
  }

  /** A call timed out, its process died, or its answer was lost. */
  wentWrong({ timedOut, fate }: RequestRecord): boolean {
    return timedOut || fate === 'dead' || fate === 'lost';
  }

  /** Whether an id was a session's at any time. */
  knew(id: string): boolean {

    return this.#history.before.has(id) || this.#history.steps.some(({ live }) => live.has(id));

  }

  /** Whether the session of the request's cookie was live when the request looked it up. */
  foundLive(request: RequestRecord): boolean {

    const at = this.#loadOf(request);
    return at !== -1 && this.#liveAfter(at).has(request.carried as string);

  }

  /** Whether its cookie's session had ended when the request looked it up. */
  foundRetired(request: RequestRecord): boolean {

    const at = this.#loadOf(request);
    return at !== -1 && !this.foundLive(request) && this.#livedBefore(request.carried as string, at);

  }

  /** Whether its cookie's session had ever existed when the request looked it up. */
  wasKnown(request: RequestRecord): boolean {
    return this.foundLive(request) || this.foundRetired(request);
  }

  /** Whether the request gave the session that it found a new id, and returned that. */
  moved(request: RequestRecord): boolean {

    return Boolean(request.action.rotates && request.cookie && request.cookie !== 'clear' && this.foundLive(request));

  }

  /** Whether the request began a session without any relation to the one of its cookie. */
  startedAnew(request: RequestRecord): boolean {
    return request.cookie !== undefined && request.cookie !== 'clear' && !this.foundLive(request);
  }

  /** A session's id, and the ids of its moves that reached a browser. */
  family(id: string): string[] {

    const next = this.#history.requests.filter(request => request.carried === id && this.moved(request));
    return [id, ...next.flatMap(({ cookie }) => this.family(cookie as string))];

  }

  /** The live sessions in the store after each step while a request was under way, and before that, those of the copy that it found. */
  during({ name, sentAt, answeredAt }: RequestRecord): Array<ReadonlyMap<string, SessionTexts>> {

    const live = this.#history.steps.slice(sentAt, answeredAt).map(step => step.live);
    const at = this.#history.loads.get(name);
    return at === undefined ? live : [this.#liveAfter(at), ...live];

  }

  /** Whether one of the request's own steps ended a session. */
  ended({ name }: RequestRecord): boolean {

    return this.#history.steps.some(({ call, live }, index) => call.request === name && (
      call.method === 'delete' || [...this.#liveAfter(index - 1).keys()].some(id => !live.has(id))));

  }

  /** Whether the id of its cookie was live after one of its own steps; the last, unless it stores in several. */
  confirmed({ name, action, cookie }: RequestRecord): boolean {

    const own = this.#history.steps.filter(({ call, answered }) => call.request === name && answered);
    const deciding = action.inSteps ? own : own.slice(-1);
    return deciding.some(({ live }) => live.has(cookie as string));

  }

  /** Whether a request found the key that another one sets when it looked its session up. */
  sawKeyOf(request: RequestRecord, other: RequestRecord): boolean {

    const at = this.#loadOf(request);
    if (at === -1 || !other.action.sets) return true;
    return this.#liveAfter(at).get(request.carried as string)?.has(keyOf(other.name)) ?? false;

  }

  #loadOf({ name, carried }: RequestRecord): number {

    return this.#history.loads.get(name) ?? this.#history.steps.findIndex(({ call, answered }) =>
      call.request === name && answered && LOADS.has(call.method) && call.args[0] === carried);

  }

  #liveAfter(step: number): ReadonlyMap<string, SessionTexts> {
    return this.#history.steps[step]?.live ?? this.#history.before;
  }

  #livedBefore(id: string, step: number): boolean {

    return this.#history.before.has(id) || this.#history.steps.slice(0, step).some(({ live }) => live.has(id));

  }

}
