import type { AtomicSessionStore, StoredInfo, SessionTexts } from '../../src/index.js';

/** What is stored of one session. */
export interface Row {
  readonly texts: SessionTexts;
  readonly info?: StoredInfo | undefined;
}

const LONG = 3600;

/** Can write to a store, and knows neither the application's secret nor its visitors' cookies. */
export class Forger {

  /** @param inner the store around which `encrypted()` is, or would be */
  constructor(readonly inner: AtomicSessionStore) {}

  async read(storedId: string): Promise<Row> {

    const found = await this.inner.load(storedId);
    if (found?.status !== 'live') throw new Error(`It is ${found?.status}`);
    return { texts: new Map(found.texts), info: found.info };

  }

  /** Puts a row there, in the place of what was there. */
  async write(storedId: string, { texts, info }: Row): Promise<void> {

    await this.inner.delete(storedId);
    // Four methods keep an id that was ended in memory: an attacker has no way there.
    await this.inner.create(storedId, texts, { lifetime: LONG, newInfo: info && { info } });

  }

}
