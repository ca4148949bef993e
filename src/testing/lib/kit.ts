import { AssertionError } from 'node:assert';
import type { Awaitable, SessionStore } from '../../base/store.js';
import { broken } from './failure.js';
import { Meeting } from './meeting.js';
import type { Rule } from './rule.js';
import { Scene } from './scene.js';

/** How the store is opened, and which rules are tried out on it. */
export interface KitTerms {
  readonly open: () => Awaitable<SessionStore>;
  readonly failing: ((commands: number) => Awaitable<SessionStore>) | undefined;
  readonly trials: number;
  readonly wait: (seconds: number) => Awaitable<void>;
  readonly rules: readonly Rule[];
}

/** Tries rules out on one store. */
export class Kit {

  readonly #terms: KitTerms;
  readonly #running = new Map<Rule, Promise<void>>();
  readonly #tried = new Set<Promise<void>>();
  /** Resolves when the rule that is tried out alone is over. */
  #free: Promise<unknown> = Promise.resolve();
  #handles: Promise<[SessionStore, SessionStore]> | undefined;

  constructor(terms: KitTerms) {
    this.#terms = terms;
  }

  /** Tries a rule out. Rules that wait equally long wait together. */
  run(rule: Rule): Promise<void> {

    const { waits } = rule;
    if (waits === undefined) return this.#try(rule, async () => {});
    const running = this.#running.get(rule);
    if (running) {
      this.#running.delete(rule);
      return running;
    }
    const waiting = this.#terms.rules.filter(other => other.waits === waits);
    const meeting = new Meeting(waiting.length, () => this.#terms.wait(waits));
    for (const other of waiting) {
      const member = meeting.join();
      const tried = this.#try(other, member.arrive).finally(member.leave);
      // The test that asks for it reports its failure.
      tried.catch(() => {});
      this.#running.set(other, tried);
    }
    return this.run(rule);

  }

  #try(rule: Rule, pass: () => Promise<void>): Promise<void> {

    const before = rule.alone ? Promise.allSettled([...this.#tried, this.#free]) : this.#free;
    const tried = before.then(() => this.#tryOut(rule, pass));
    this.#tried.add(tried);
    const over = tried.catch(() => {}).finally(() => this.#tried.delete(tried));
    if (rule.alone) this.#free = over;
    return tried;

  }

  async #tryOut({ sentence, check }: Rule, pass: () => Promise<void>): Promise<void> {

    this.#handles ??= this.#openTwo();
    const scene = new Scene(await this.#handles, { ...this.#terms, wait: pass });
    try {
      await check(scene);
    } catch (error) {
      throw retold(error instanceof AssertionError ? error : broken(String(error), error), sentence, `${scene.journal}`);
    } finally {
      await scene.tidy();
    }

  }

  async #openTwo(): Promise<[SessionStore, SessionStore]> {

    const first = await this.#terms.open();
    return [first, await this.#terms.open()];

  }

}

function retold(error: AssertionError, sentence: string, calls: string): AssertionError {

  const message = `The rule is broken: ${sentence}.\n${error.message}${calls && `\nThe calls, of the handles a and b:\n${calls}`}`;
  const told = new AssertionError({ message, stackStartFn: retold });
  told.stack = `${told.name}: ${message}\n${error.stack?.split('\n').filter(line => /^ {4}at /.test(line)).join('\n')}`;
  told.cause = error.cause;
  return told;

}
