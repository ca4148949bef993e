import { AsyncLocalStorage } from 'node:async_hooks';
import type { SessionTexts } from '../../src/base/store.js';

/** A call of a store that waits until it is picked. */
export interface ParkedCall {
  readonly request: string;
  readonly process: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** No caller waits for the answer any more; the store may still carry it out. */
  readonly late: boolean;
}

/** A call that the store has carried out. */
export interface Step {
  readonly call: ParkedCall;
  readonly answer: unknown;
  /** Whether the caller got the answer. */
  readonly answered: boolean;
  /** The live sessions in the store right after it. */
  readonly live: ReadonlyMap<string, SessionTexts>;
}

/** Reads the live session under an id from a store, past all parking. */
export type Peek = (id: string) => SessionTexts | null;

interface Parked extends ParkedCall {
  late: boolean;
  readonly carryOut: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Which request a call belongs to, if requests share one adapter of a store. */
export const currentRequest = new AsyncLocalStorage<string>();

const READS = new Set(['load', 'get']);

/**
 * Parks each call of a store, so that a test decides in which order they happen:
 * carried out and answered, timed out and carried out later or never, or left
 * behind by a process that died.
 */
export class ParkingLot {

  readonly steps: Step[] = [];
  /** The ids that `newSessionId` gave to each request. */
  readonly ids = new Map<string, string[]>();
  /** The step that read what a request found, if that may be one of another request. */
  readonly loads = new Map<string, number>();
  /** The requests for which a call failed that may have been another request's. */
  readonly failed = new Set<string>();

  readonly #peek: Peek;
  readonly #known = new Set<string>();
  readonly #parked: Parked[] = [];
  readonly #abandoned: Parked[] = [];
  #closed = false;
  #live: ReadonlyMap<string, SessionTexts> = new Map();

  constructor(peek: Peek, known: readonly string[]) {
    this.#peek = peek;
    for (const id of known) this.#known.add(id);
    this.#look();
  }

  /** The live sessions in the store now. */
  get live(): ReadonlyMap<string, SessionTexts> {
    return this.#live;
  }

  get parked(): readonly ParkedCall[] {
    return this.#parked;
  }

  /** Carries a call out, and answers it if its caller still waits. */
  async apply(call: ParkedCall): Promise<void> {

    const parked = this.#remove(call);
    let answer: unknown;
    let failure: Error | undefined;
    try {
      answer = await parked.carryOut();
    } catch (error) {
      failure = error as Error;
    }
    if (!READS.has(call.method)) this.#look();
    this.steps.push({ call, answer: failure ?? answer, answered: !call.late, live: this.#live });
    if (call.late) return;
    if (failure) parked.reject(failure);
    else parked.resolve(answer);

  }

  /** The caller gives up; its write may still be carried out. */
  timeOut(call: ParkedCall): void {

    const parked = this.#abandon(call);
    parked.reject(new Error('no answer in time'));

  }

  /** The caller's process dies: it gets no answer, and makes no other call. */
  die(process: string): void {

    for (const call of [...this.#parked]) {
      if (call.process === process && !call.late) this.#abandon(call);
    }

  }

  /** Ends all calls that still wait, so that no timer is left. */
  close(): void {

    this.#closed = true;
    for (const { reject } of [...this.#abandoned, ...this.#parked]) reject(new Error('the run is over'));

  }

  park(request: string, process: string, method: string, args: readonly unknown[], carryOut: () => unknown): Promise<never> {

    if (this.#closed) throw new Error('the run is over');
    for (const id of args.slice(0, method === 'move' || method === 'take' ? 2 : 1)) this.#known.add(id as string);
    return new Promise((resolve, reject) => {
      this.#parked.push({
        request, process, method, args, carryOut, late: false, resolve: resolve as (answer: unknown) => void, reject,
      });
      if (method === 'delete') this.#look();
    });

  }

  /** Lets something happen in a process at any time, or never, without a caller that waits for it. */
  report(process: string, args: readonly unknown[], carryOut: () => unknown): void {

    const ignore = () => {};
    this.#parked.push({ request: 'store', process, method: 'report', args, carryOut, late: true, resolve: ignore, reject: ignore });

  }

  /**
   * Records what a request found without a call of its own, in a copy or an answer
   * that its process had.
   */
  found(request: string, process: string, id: string, version: unknown): void {

    const at = this.steps.findLastIndex(({ call, answer }) => (
      call.process === process && call.method === 'load' && call.args[0] === id && (answer as { version?: unknown } | null)?.version === version
    ));
    if (!this.loads.has(request)) this.loads.set(request, at);

  }

  /**
   * Makes an id that shows which request made it.
   *
   * @param given an id to use instead, for a request that has made so many before
   */
  newId(request: string, given: (made: number) => string | undefined = () => undefined): string {

    const ids = this.ids.get(request) ?? [];
    ids.push(given(ids.length) ?? `new-${request}${ids.length + 1}`);
    this.ids.set(request, ids);
    return ids[ids.length - 1];

  }

  #abandon(call: ParkedCall): Parked {

    const parked = call as Parked;
    parked.late = true;
    this.#abandoned.push(parked);
    if (READS.has(call.method)) this.#remove(call);
    return parked;

  }

  #remove(call: ParkedCall): Parked {

    const [parked] = this.#parked.splice(this.#parked.indexOf(call as Parked), 1);
    return parked;

  }

  #isBeingDeleted(id: string): boolean {
    return this.#parked.some(({ method, args, late }) => method === 'delete' && args[0] === id && !late);
  }

  #look(): void {

    const live = new Map<string, SessionTexts>();
    for (const id of this.#known) {
      // A process that deletes has decided, and tells all its requests before the store has done it.
      const texts = this.#isBeingDeleted(id) ? null : this.#peek(id);
      if (texts) live.set(id, texts);
    }
    this.#live = live;

  }

}
