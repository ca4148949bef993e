import { Application, Context, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import session, { type SessionStore, type SessionValues } from '../../src/index.js';
import { type Action, FIRST_VALUES } from './actions.js';

/** How one request of a crowd was answered. */
export interface Answer {
  readonly name: string;
  readonly status: number;
  /** The id of its `Set-Cookie`, or 'clear'. */
  readonly cookie: string | undefined;
}

const ORIGIN = 'http://localhost';

/** Many requests of one browser at once, with one session, in one process. */
export class Crowd {

  readonly #app = new Application();
  readonly #store: SessionStore;
  readonly #actions = new Map<string, Action>();
  #id: string | undefined;
  #sent = 0;

  private constructor(store: SessionStore, pause: () => Promise<void>) {

    this.#store = store;
    this.#app.use(session({ store }), async ctx => {
      ctx.response.status = 200;
      const name = ctx.path.slice(1);
      await pause();
      await this.#actions.get(name)?.handle(ctx, name);
      await pause();
    });

  }

  /** @param pause what each handler waits for before and after its change */
  static async gather(store: SessionStore, pause: () => Promise<void>): Promise<Crowd> {

    const crowd = new Crowd(store, pause);
    const { cookie } = await crowd.send({
      name: 'create',
      handle: ctx => {
        ctx.session = { ...FIRST_VALUES };
      },
    });
    crowd.#id = cookie;
    return crowd;

  }

  async send(action: Action): Promise<Answer> {

    const name = `r${this.#sent++}`;
    this.#actions.set(name, action);
    const headers: { [name: string]: string } = this.#id === undefined ? {} : { Cookie: `CB=${this.#id}` };
    const ctx = new Context(new MemoryRequest('GET', `/${name}`, ORIGIN, headers), new MemoryResponse(ORIGIN));
    const status = await this.#app.handle(ctx).then(() => ctx.response.status, error => error.httpStatus ?? error);
    const [cookie] = ctx.response.headers.getMany('Set-Cookie');
    return { name, status, cookie: cookie && (/^CB=([^;]*)/.exec(cookie)?.[1] || 'clear') };

  }

  sendAll(number: number, action: Action): Promise<Answer[]> {
    return Promise.all(Array.from({ length: number }, () => this.send(action)));
  }

  /** Sends requests whose handlers begin only when all have found their session. */
  async sendTogether(actions: readonly Action[]): Promise<Answer[]> {

    let missing = actions.length;
    let begin = () => {};
    const all = new Promise<void>(resolve => {
      begin = resolve;
    });
    const answers = actions.map(action => this.send({
      ...action,
      handle: async (ctx, name) => {
        if (--missing === 0) begin();
        await all;
        await action.handle(ctx, name);
      },
    }));
    return Promise.all(answers);

  }

  /** The values stored under an id; under the first one by default. */
  async values(id = this.#id): Promise<SessionValues | null> {
    return await this.#store.get(id as string) ?? null;
  }

}
