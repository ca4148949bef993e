import { AssertionError } from 'node:assert';
import { Application, Context, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import { SessionEndedError } from '../../base/errors.js';
import { originalOf } from '../../base/plain-error.js';
import type { SessionStore, SessionValues } from '../../base/store.js';
import session from '../../session-middleware.js';
import { broken, expectSame } from './failure.js';
import { Meeting } from './meeting.js';
import { allOf } from './race.js';
import { oneOf, pause, type Random } from './random.js';
import type { Scene } from './scene.js';

/** The handler of one request. */
export type Handler = (ctx: Context) => unknown;

/** How a request was answered. */
export interface Answer {
  readonly status: 200 | 409;
  /** The cookie that its `Set-Cookie` gives the browser; `''` if it clears the cookie; undefined without one. */
  readonly cookie: string | undefined;
}

const ORIGIN = 'http://localhost';

/** Long, since a slow machine does not mean a broken store. */
const STORE_TIMEOUT = 30;

/** Sends requests of one browser through the middleware, to an application on each handle. */
export class Visitor {

  readonly #apps: readonly Application[];
  readonly #handlers = new Map<string, Handler>();
  readonly #random: Random;
  #sent = 0;

  private constructor(readonly scene: Scene, random: Random) {
    this.#random = random;
    this.#apps = scene.processes.map(store => this.#application(store));
  }

  /** Returns a visitor with a session, and its cookie. */
  static async begin(scene: Scene, random: Random, values: SessionValues): Promise<{ visitor: Visitor; cookie: string }> {

    const visitor = new Visitor(scene, random);
    const { cookie } = await visitor.send(undefined, ctx => {
      ctx.session = { ...values };
    });
    if (!cookie) throw broken(`A request that began a session was answered with the cookie ${cookie}`);
    return { visitor, cookie };

  }

  /** Sends a request to one of the applications, a little later. */
  async send(cookie: string | undefined, handler: Handler): Promise<Answer> {

    await pause(this.#random);
    return this.#answer(oneOf(this.#apps, this.#random), cookie, handler);

  }

  /** Sends requests at once. Their handlers begin only when all have found their session. */
  async sendTogether(cookie: string, handlers: readonly Handler[]): Promise<Answer[]> {

    const meeting = new Meeting(handlers.length);
    return allOf(handlers.map(handler => {
      const member = meeting.join();
      const answer = this.send(cookie, async ctx => {
        await member.arrive();
        await pause(this.#random);
        await handler(ctx);
      });
      return answer.finally(member.leave);
    }));

  }

  /** Expects the next request to find exactly these values, whichever application answers it. */
  async expectSession(cookie: string, values: SessionValues): Promise<void> {

    for (const app of this.#apps) {
      await this.#answer(app, cookie, ctx => expectSame('The session', { ...ctx.session }, values));
    }

  }

  async #answer(app: Application, cookie: string | undefined, handler: Handler): Promise<Answer> {

    const path = `/${this.#sent++}`;
    this.#handlers.set(path, handler);
    const headers: Record<string, string> = cookie === undefined ? {} : { Cookie: `CB=${cookie}` };
    const ctx = new Context(new MemoryRequest('POST', path, ORIGIN, headers), new MemoryResponse(ORIGIN));
    try {
      await app.handle(ctx);
    } catch (error) {
      if (!(error instanceof SessionEndedError)) throw failure(error);
      ctx.response.status = error.httpStatus;
    }
    return { status: ctx.response.status as Answer['status'], cookie: this.#cookieOf(ctx) };

  }

  #application(store: SessionStore): Application {

    const app = new Application();
    app.use(session({ store, storeTimeout: STORE_TIMEOUT }), async ctx => {
      ctx.response.status = 200;
      await this.#handlers.get(ctx.path)?.(ctx);
      await pause(this.#random);
    });
    return app;

  }

  #cookieOf(ctx: Context): string | undefined {

    const [header] = ctx.response.headers.getMany('Set-Cookie');
    if (!header) return undefined;
    const cookie = /^CB=([^;]*)/.exec(header)?.[1];
    if (cookie) this.scene.own(decodeURIComponent(cookie));
    return cookie;

  }

}

function failure(error: unknown): unknown {

  if (error instanceof AssertionError) return error;
  const cause = originalOf((error as Error).cause);
  return broken(`A request failed with ${error}${cause ? `, because of ${cause}` : ''}`, error);

}
