/* Asks a server for pages, from a process of its own. */
import autocannon from 'autocannon';
import { serve } from './worker.js';

/** Milliseconds between samples. The load ends with one, so this is how exact the time is. */
const SAMPLE = 10;

serve({
  /** Returns the seconds that `amount` requests took. */
  async load({ port, path, cookie, amount, connections }) {
    const headers = cookie ? { cookie } : {};
    const { errors, non2xx, start, finish } = await autocannon({
      url: `http://127.0.0.1:${port}${path}`, connections, amount, headers, sampleInt: SAMPLE,
    });
    if (errors + non2xx > 0) throw new Error(`${errors} errors and ${non2xx} answers that are not 2xx`);
    return (finish - start) / 1000;
  },
});
