import type { AtomicSessionStore, StoredInfo, SessionTexts } from '../../src/index.js';

/** The stored record of one session. */
export interface Row {
  readonly texts: SessionTexts;
  readonly info?: StoredInfo | undefined;
}

const LONG = 3600;

/** An attacker who can write to a store, and knows neither the application's secret nor its visitors' cookies. */
export class Forger {

  /** @param inner the store around which `encrypted()` is, or would be */
  constructor(readonly inner: AtomicSessionStore) {}

  async read(storedId: string): Promise<Row> {

    const found = await this.inner.load(storedId);
    if (found?.status !== 'live') throw new Error(`It is ${found?.status}`);
    return { texts: new Map(found.texts), info: found.info };

  }

  /** Writes a row in the place of the present one. */
  async write(storedId: string, { texts, info }: Row): Promise<void> {

    await this.inner.delete(storedId);
    // Four methods keep an id that was ended in memory: an attacker can't reach it there.
    await this.inner.create(storedId, texts, { lifetime: LONG, newInfo: info && { info } });

  }

}
