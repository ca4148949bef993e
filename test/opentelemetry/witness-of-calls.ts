import { type SessionStore, type SessionTexts, wrapStore } from '../../src/index.js';
import { pointName } from '../support/metrics.js';

/** What a store has seen itself, to be compared with metrics. */
export class WitnessOfCalls {

  /** Calls by operation and outcome. */
  readonly calls = new Map<string, number>();
  readonly sizes = { count: 0, sum: 0 };
  failures = 0;
  isDown = false;
  /** Passes some time before and after each call. */
  pause: (() => Promise<void>) | undefined;

  constructor(readonly name: string) {}

  /** A store around another that this object watches, and lets fail. */
  around<Store extends SessionStore>(store: Store) {

    return wrapStore(store, inner => ({
      load: (...args) => this.#watched('load', () => inner.load(...args), found => {
        if (found?.status === 'live') this.#size(found.texts);
        return found?.status ?? 'none';
      }),
      create: (...args) => this.#watched('create', () => inner.create(...args), answer => answer === 'revoked' ? answer : doneIf(answer)),
      update: (...args) => this.#watched('update', () => inner.update(...args), answer => answer),
      touch: (...args) => this.#watched('touch', () => inner.touch(...args), doneIf),
      end: (...args) => this.#watched('end', () => inner.end(...args), doneIf),
      move: (...args) => this.#watched('move', () => inner.move(...args), answer => answer),
      take: (...args) => this.#watched('take', () => inner.take(...args), texts => doneIf(texts !== null)),
      delete: (...args) => this.#watched('delete', () => inner.delete(...args), () => 'done'),
      sessionsOf: (...args) => this.#watched('sessionsOf', () => inner.sessionsOf(...args), () => 'done'),
      endSessionsOf: (...args) => this.#watched('endSessionsOf', () => inner.endSessionsOf(...args), () => 'done'),
      infoByHandle: (...args) => this.#watched('infoByHandle', () => inner.infoByHandle(...args), info => doneIf(info !== null)),
      statesOf: (...args) => this.#watched('statesOf', () => inner.statesOf(...args), () => 'done'),
    }));

  }

  // biome-ignore lint/suspicious/noExplicitAny: the answers of any method
  #watched(operation: string, call: () => any, outcome: (answer: any) => string): any {

    const finish = () => {
      if (this.isDown) {
        this.failures++;
        this.#count(operation, { outcome: 'failed', 'error.type': 'ECONNREFUSED' });
        throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      }
      const answer = call();
      const note = (value: unknown) => {
        this.#count(operation, { outcome: outcome(value) });
        return value;
      };
      return typeof answer?.then === 'function' ? answer.then(note) : note(answer);
    };
    const { pause } = this;
    return pause ? pause().then(finish).then(async answer => { await pause(); return answer; }) : finish();

  }

  #point(operation: string, { outcome, ...others }: Record<string, string>): string {

    return pointName('curveball.session.store.operation.duration', {
      'curveball.session.store.name': this.name, 'curveball.session.store.operation': operation, 'curveball.session.store.outcome': outcome, ...others,
    });

  }

  #count(operation: string, attributes: Record<string, string>): void {

    const name = this.#point(operation, attributes);
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);

  }

  #size(texts: SessionTexts): void {

    this.sizes.count++;
    for (const [key, text] of texts) this.sizes.sum += new TextEncoder().encode(key + text).length;

  }

}

function doneIf(answer: boolean): string {

  return answer ? 'done' : 'none';

}
